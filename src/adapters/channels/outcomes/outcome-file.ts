// Leaves an outcome in the builder's workspace, where the workspace still stands. How it is written is the workspaces' own.
import type { BuilderChannel, Telling, Workspaces } from "../../../ports/ports.js";

/** A stranded swap keeps its workspace frozen, and there is nothing that its builder could do. */
export function createOutcomeFile({ workspaces }: { readonly workspaces: Pick<Workspaces, "leave"> }): BuilderChannel {
	return { name: "builder:workspace", tell };

	async function tell({ report, isCurrent }: Telling): Promise<void> {
		const { workspace, outcome } = report;
		if (workspace === null || outcome === "stranded" || !(await isCurrent())) return;
		await workspaces.leave(workspace, `${JSON.stringify({ schemaVersion: 1, outcome: report }, null, "\t")}\n`);
		// A submission that came meanwhile may have cleared before this was written.
		if (!(await isCurrent())) await workspaces.leave(workspace, null);
	}
}
