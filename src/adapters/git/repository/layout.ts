// Where this adapter keeps what in the state folder. Names only; makes nothing.
import { join } from "node:path";

export interface Layout {
	readonly stateDir: string;
	/** The supervisor's own bare repository. */
	readonly own: string;
	/** A git folder without history, through which the operator's and the builders' working trees are looked at. */
	readonly view: string;
	/** Stands in for `~/.gitconfig`. */
	readonly globalConfig: string;
	readonly releases: string;
	readonly dependencies: string;
	readonly logs: string;
	readonly current: string;
	readonly live: string;
	/** Scratch files of one command; a leftover means nothing. */
	readonly scratch: string;
	/** What we are about to do to refs of the operator's. */
	readonly intents: string;
}

export function layoutOf(stateDir: string): Layout {
	return {
		stateDir,
		own: join(stateDir, "repo.git"),
		view: join(stateDir, "view.git"),
		globalConfig: join(stateDir, "gitconfig"),
		releases: join(stateDir, "releases"),
		dependencies: join(stateDir, "deps"),
		logs: join(stateDir, "logs"),
		current: join(stateDir, "current"),
		live: join(stateDir, "live.json"),
		scratch: join(stateDir, "scratch"),
		intents: join(stateDir, "intents"),
	};
}

export function swapRef(swapId: string): string {
	return `refs/deadman/swaps/${swapId}`;
}

/** Keeps a release's objects. */
export function pinRef(releaseId: string): string {
	return `refs/deadman/releases/${releaseId}`;
}

/** The host's part of a swap that an agent's workspace made. */
export function hostRef(swapId: string): string {
	return `${swapRef(swapId)}-host`;
}

/** The commit that put a swap's reviewed content into the template. */
export function templateRef(swapId: string): string {
	return `${swapRef(swapId)}-template`;
}

/** Keeps what a workspace of this target was made from. */
export function overlayRef(target: string, commit: string): string {
	return `refs/deadman/overlays/${target}/${commit}`;
}

/** What one agent target keeps in its state folder. */
export interface PrivateLayout {
	readonly targetDir: string;
	/** Complete private folders, one numbered slot for each place; `<id>.json` beside each says what it was made of. */
	readonly versions: string;
	/** What candidates change, from objects; a candidate is whole only when `<id>.json` stands beside it. */
	readonly staged: string;
	/** The folders as they were before they were taken over. Never removed. */
	readonly adopted: string;
	readonly current: string;
	readonly live: string;
	/** Which place has which slot. */
	readonly places: string;
	/** A slot that is being filled. */
	readonly making: string;
}

export function privateLayoutOf(targetDir: string): PrivateLayout {
	return {
		targetDir,
		versions: join(targetDir, "versions"),
		staged: join(targetDir, "staged"),
		adopted: join(targetDir, "adopted"),
		current: join(targetDir, "current"),
		live: join(targetDir, "live.json"),
		places: join(targetDir, "places.json"),
		making: join(targetDir, "slot.making"),
	};
}
