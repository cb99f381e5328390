// What is kept of the program's files, and where it lies: below `files/<swap>` in the state folder. Computes paths, changes nothing.
import { join } from "node:path";
import type { Files, Gate, Log } from "../../ports/ports.js";
import type { Entry } from "./records.js";

export interface Roots {
	/** The operator's folder: configured paths are relative to it. */
	readonly root: string;
	readonly stateDir: string;
}

/** One entry of `files`, or a shared folder that none covers. */
export interface Covered {
	/** Relative to the operator's folder. */
	readonly path: string;
	readonly policy: Entry["policy"];
	/** Globs over paths below it. */
	readonly exclude: readonly string[];
}

export interface FilesParts extends Roots {
	readonly covered: readonly Covered[];
	/** Relative to the operator's folder: others keep these, with what they have beside them. */
	readonly elsewhere: readonly string[];
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
}

export interface Place {
	/** Of everything that is kept for this swap. */
	readonly swap: string;
	/** Complete once it is there. */
	readonly manifest: string;
	/** What lay in the folder of the entry with this number. */
	items(index: number): string;
	/** The copy of the entry with this number. */
	copy(index: number): string;
	/** What was copied ahead: below it what was there, and a mark that it is whole. */
	readonly ahead: string;
	seen(index: number): string;
	readonly made: string;
	/** What a restore for this start of the candidate replaced. */
	aside(generation: number, index: number): string;
	plan(generation: number, index: number): string;
	/** Names the start of the candidate whose files were put back. */
	readonly restored: string;
	/** Becomes the one above where a full disk has no room for it. */
	readonly spare: string;
	readonly replayed: string;
}

/** Parents first: what lies in a folder comes back into it. */
export function ordered(covered: readonly Covered[]): readonly Covered[] {
	return [...covered].sort((one, other) => one.path.length - other.path.length);
}

export function keptFolder({ stateDir }: Roots): string {
	return join(stateDir, "files");
}

export function placeOf(roots: Roots, swapId: string): Place {
	if (!/^[\w-]{1,64}$/.test(swapId)) throw new Error(`${JSON.stringify(swapId)} is no id of a swap.`);
	const swap = join(keptFolder(roots), swapId);
	return {
		swap,
		manifest: join(swap, "manifest.json"),
		items: (index) => join(swap, `items-${index}`),
		copy: (index) => join(swap, "copies", String(index)),
		ahead: join(swap, "ahead"),
		seen: (index) => join(swap, "ahead", `seen-${index}`),
		made: join(swap, "ahead", "made.json"),
		aside: (generation, index) => join(swap, "aside", String(generation), String(index)),
		plan: (generation, index) => join(swap, "aside", String(generation), `${index}.json`),
		restored: join(swap, "restored.json"),
		spare: join(swap, "spare"),
		replayed: join(swap, "replayed.json"),
	};
}
