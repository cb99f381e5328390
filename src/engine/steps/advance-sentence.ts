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

function movedSentence(branch: string, commit: string, { checkout, kept, left }: Moved): string {
	const at = `${branch} is at ${commit.slice(0, 12)}`;
	const edits =
		kept === null
			? ""
			: `, with your local edits on top; as they were before, they are kept: \`git stash apply --index ${kept}\``;
	if (left.length === 0) return checkout === "left" ? `${at}; its checkout did not follow.` : `${at}${edits}.`;
	return `${at}${edits}. Not so in your checkout: ${pathList(left)} did not follow, and your next commit of that would undo the change; look at \`git diff ${commit.slice(0, 12)}\`.`;
}

function heldSentence(branch: string, { why, head, reason, paths, command }: Held): string {
	const left = `${branch} was left${head === "" ? "" : ` at ${head.slice(0, 12)}`}, without the confirmed change`;
	switch (why) {
		case "branch_moved":
			return `${left}: it moved in the last moment. Run \`${command}\`.`;
		case "clash":
			return `${left}: it clashes with your local edits in ${pathList(paths)}. Commit them, stash them (\`git stash -u\`) or move them away, then run \`${command}\`.`;
		case "busy":
			return `${left}: ${reason}. When that is done, run \`${command}\`.`;
	}
}
