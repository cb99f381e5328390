// Where this adapter keeps what in the state folder. Names only; makes nothing.
import { join } from "node:path";

export interface Layout {
	readonly stateDir: string;
	/** The supervisor's own bare repository. */
	readonly own: string;
	/** A git folder without history, through which the operator's and the builders' working trees are looked at. */
	readonly lens: string;
	/** Stands in for `~/.gitconfig`. */
	readonly globalConfig: string;
	readonly releases: string;
	readonly dependencies: string;
	readonly workspaces: string;
	readonly logs: string;
	readonly current: string;
	readonly live: string;
	/** Scratch files of one command; a leftover means nothing. */
	readonly scratch: string;
}

export function layoutOf(stateDir: string): Layout {
	return {
		stateDir,
		own: join(stateDir, "repo.git"),
		lens: join(stateDir, "lens.git"),
		globalConfig: join(stateDir, "gitconfig"),
		releases: join(stateDir, "releases"),
		dependencies: join(stateDir, "deps"),
		workspaces: join(stateDir, "workspaces"),
		logs: join(stateDir, "logs"),
		current: join(stateDir, "current"),
		live: join(stateDir, "live.json"),
		scratch: join(stateDir, "scratch"),
	};
}

export function swapRef(swapId: string): string {
	return `refs/deadman/swaps/${swapId}`;
}

/** Keeps a release's objects. */
export function pinRef(releaseId: string): string {
	return `refs/deadman/releases/${releaseId}`;
}
