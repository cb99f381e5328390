// What `deadman doctor` says of where the state lies: which file system, whether it is the repository's, and what a move left to do.
import type { Finding } from "../../ports/ports.js";
import { readMoving } from "./finish.js";
import { fileSystemOf } from "./size.js";

interface Places {
	readonly root: string;
	readonly stateDir: string;
}

/** `state`: one finding, or two. */
export async function examineState({ root, stateDir }: Places): Promise<Finding[]> {
	const [state, repository] = await Promise.all([fileSystemOf(stateDir), fileSystemOf(root)]);
	const name = "state";
	const findings: Finding[] = [];
	if (state.isMemory) {
		findings.push({
			name,
			level: "warn",
			sentence: `The state lies in ${stateDir}, on ${state.type}: a restart of the machine loses it, and with it every way back.`,
			next: "`deadman state move FOLDER` puts it on a disk.",
		});
	} else if (state.device !== repository.device) {
		findings.push({
			name,
			level: "warn",
			sentence: `The state lies in ${stateDir} (${state.type}), on another file system than the repository (${repository.type}): data is copied between them, never shared or renamed, which takes time and twice the space.`,
			next: "Leave it so, or `deadman state move FOLDER` to a folder on the repository's file system.",
		});
	} else findings.push({ name, level: "ok", sentence: `It lies in ${stateDir} (${state.type}).`, next: null });
	const moving = await readMoving(stateDir);
	if (moving === null) return findings;
	const sentence = `It was moved from ${moving.from}, and what is left there is still to be removed.`;
	return [...findings, { name, level: "warn", sentence, next: "The next start, or `deadman state move`, does it." }];
}
