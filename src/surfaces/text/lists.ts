// Lists as text for terminals: swaps, what was set aside, workspaces. Everything that a builder or a program wrote is neutralised here.
import { printableBlock, printableLine } from "../../core/rules/printable.js";
import { hostTarget, type TableCounts } from "../../core/swap.js";
import type { Workspace } from "../../ports/ports.js";
import type { ReviewView } from "../http/schemas/review.js";
import type { SwapView } from "../view.js";

/** Newest first, one line each. */
export function renderSwaps(swaps: readonly SwapView[]): string {
	if (swaps.length === 0) return "No swaps yet.";
	return swaps
		.map(({ id, status, createdAt, summary }) => {
			const [first = ""] = (summary ?? "").split(/\r?\n/);
			return `${id}  ${status.padEnd(21)}  ${createdAt.slice(0, 19)}Z  ${printableLine(first).slice(0, 80)}`.trimEnd();
		})
		.join("\n");
}

/** In its order: the intro, the files with their sentences, the diff. */
export function renderReview({ swapId, intro, files, pieces }: ReviewView): string {
	const parts = [intro, ...files, ...pieces, `The whole: deadman diff ${swapId}`];
	return parts.map(printableBlock).join("\n\n");
}

export function renderTables(tables: readonly TableCounts[]): string {
	return tables.length === 0 ? "Nothing was set aside." : tableLines(tables).join("\n");
}

export function tableLines(tables: readonly TableCounts[]): string[] {
	return tables.map((counts) => {
		const replayed = counts.replayed === null ? "" : `, ${counts.replayed} replayed`;
		const note = counts.note === null ? "" : `  (${printableLine(counts.note)})`;
		if (counts.kind === "files") {
			const { database, inserted, updated, deleted } = counts;
			const back = counts.replayed === null ? "" : `, ${counts.replayed} put back`;
			return `  ${printableLine(database)}: ${inserted} files added, ${updated} changed, ${deleted} removed${back}${note}`;
		}
		const where = printableLine(`${counts.database} ${counts.table}`);
		return `  ${where}: ${counts.inserted} inserted, ${counts.updated} updated, ${counts.deleted} deleted${replayed}${note}`;
	});
}

export function renderWorkspaces(workspaces: readonly Workspace[]): string {
	if (workspaces.length === 0) return "No workspaces.";
	return workspaces
		.map((it) => printableLine(`${it.name}  ${it.path}  ${it.branch} at ${it.head.slice(0, 12)}${kindOf(it)}`))
		.join("\n");
}

function kindOf({ target, kind, frozen }: Workspace): string {
	const parts = [
		...(target === hostTarget ? [] : [`for ${target}`]),
		...(kind === "clone" ? ["clone"] : []),
		...(frozen ? ["frozen"] : []),
	];
	return parts.length === 0 ? "" : `  (${parts.join(", ")})`;
}
