// What people are told of the operator's branch after a confirm: where it is, what became of local edits, and what there is left to do, with the exact command.
import { pathList } from "../../core/rules/evidence.js";
import type { Advance, Held, Moved } from "../../ports/ports.js";

export interface Advanced {
	readonly branch: string;
	readonly commit: string;
	readonly advance: Advance;
}

export function advanceSentence({ branch, commit, advance }: Advanced): string {
	return advance.moved ? movedSentence(branch, commit, advance) : heldSentence(branch, advance);
}

function movedSentence(branch: string, commit: string, { checkout, kept, left, merge }: Moved): string {
	const head = (merge ?? commit).slice(0, 12);
	const merged = merge === undefined ? "" : `, which merges it with what was committed there meanwhile`;
	const at = `${branch} is at ${head}${merged}`;
	const edits =
		kept === null
			? ""
			: `, with your local edits on top; as they were before, they are kept: \`git stash apply --index ${kept}\``;
	if (left.length === 0) return checkout === "left" ? `${at}; its checkout did not follow.` : `${at}${edits}.`;
	return `${at}${edits}. Not so in your checkout: ${pathList(left)} did not follow, and your next commit of that would undo the change; look at \`git diff ${head}\`.`;
}

function heldSentence(branch: string, { why, head, reason, paths, command }: Held): string {
	const left = `${branch} was left${head === "" ? "" : ` at ${head.slice(0, 12)}`}, without the confirmed change`;
	switch (why) {
		case "branch_moved":
			return `${left}: ${whyMoved(reason, paths)}. Run \`${command}\`.`;
		case "clash":
			return `${left}: it clashes with your local edits in ${pathList(paths)}. Commit them, stash them (\`git stash -u\`) or move them away, then run \`${command}\`.`;
		case "busy":
			return `${left}: ${reason}. When that is done, run \`${command}\`.`;
	}
}

function whyMoved(reason: string | null, paths: readonly string[]): string {
	if (paths.length > 0) return `it has moved on, and both changed ${pathList(paths)}`;
	return reason === null ? "it moved in the last moment" : `it has moved, and ${reason}`;
}
