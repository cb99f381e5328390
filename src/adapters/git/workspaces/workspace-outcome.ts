// What became of a change, left in the workspace for its builder: one file that git passes by, written whole or not at all, and never
// through a link. Knows nothing of what it says.
import { join } from "node:path";
import type { WorkspaceContext } from "./workspace-context.js";
import { ignore, OUTCOME_FILE, OUTCOME_RULE } from "./workspace-exclude.js";
import { openFolder, removeIn, replaceIn } from "./workspace-reach.js";
import type { Found } from "./workspace-survey.js";

const MODE = 0o644;

/** Rejects while it is frozen: its builder hears of it when it may go on. A folder of that name is the builder's, and left alone. */
export async function leaveOutcome(context: WorkspaceContext, one: Found, outcome: string | null): Promise<void> {
	if (one.gone) return;
	const root = await openFolder(one.path);
	try {
		if (outcome === null) return await removeIn(root, OUTCOME_FILE);
		if (one.frozen) throw new Error(`The workspace ${one.name} is frozen.`);
		if (one.kind === "worktree")
			await ignore(context, join(context.own.operator.commonDir, "info", "exclude"), [OUTCOME_RULE]);
		const written = await replaceIn(root, OUTCOME_FILE, { content: outcome, mode: MODE });
		if (!written) context.log.warn("workspace.outcome_unfit", { workspace: one.name });
	} finally {
		await root.close();
	}
}
