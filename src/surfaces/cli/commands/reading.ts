// The commands that only read: ls, status, diff, review, data show; and data replay and drop. Status works without a supervisor, from the journal.
import { printableBlock } from "../../../core/rules/printable.js";
import type { TableCounts } from "../../../core/swap.js";
import type { ReviewView } from "../../http/schemas/review.js";
import type { StatusView } from "../../http/schemas/status.js";
import { renderReview, renderSwaps, renderTables } from "../../text/lists.js";
import { renderStatus } from "../../text/status.js";
import { renderSwap } from "../../text/swap.js";
import type { SwapView } from "../../view.js";
import { orFromJournal, swapFromJournal } from "../session/journal.js";
import { type Common, openSession, pathOf, rethrow, type Session, type Terminal } from "../session/session.js";

/** A supervisor that does not say how it is within this time is treated as absent. */
const statusTimeoutMs = 5_000;

export async function list(terminal: Terminal, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { swaps } = await session.ask<{ swaps: SwapView[] }>({ path: "/v1/swaps" });
	session.output.result({ swaps }, () => renderSwaps(swaps));
}

export async function status(terminal: Terminal, id: string | undefined, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { supervisor, swap } = await orFromJournal(
		session,
		async () => askStatus(session, id),
		async () => ({
			supervisor: null,
			swap: await swapFromJournal(session, id ?? null),
		}),
	);
	session.output.result({ supervisor, swap }, () => {
		const about = id === undefined && supervisor !== null ? [renderStatus(supervisor)] : [];
		return [...about, swap === null ? "No swaps yet." : renderSwap(swap)].join("\n\n");
	});
}

type Seen = Pick<StatusView, "supervisor" | "swap">;

async function askStatus({ client }: Session, id: string | undefined): Promise<Seen> {
	const seen = await client.ask<StatusView>({ path: "/v1/status", timeoutMs: statusTimeoutMs });
	if (id === undefined) return seen;
	const { swap } = await client.ask<{ swap: SwapView }>({ path: pathOf(id), timeoutMs: statusTimeoutMs });
	return { ...seen, swap };
}

/** Neutralised wherever it goes, since a pager is a terminal too; `raw` for who applies it. */
export async function diff(terminal: Terminal, id: string, options: Common & { readonly raw: boolean }): Promise<void> {
	const session = await openSession(options, terminal);
	const text = await session.client
		.text(`${pathOf(id)}/diff`)
		.catch((error) => rethrow(error, session.location.stateDir));
	session.output.result({ diff: text }, () => (options.raw ? text : printableBlock(text)));
}

/** What approvers were given to read. */
export async function review(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { review } = await session.ask<{ review: ReviewView }>({ path: `${pathOf(id)}/review` });
	session.output.result({ review }, () => renderReview(review));
}

export async function showData(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { data } = await session.ask<{ data: TableCounts[] }>({ path: `${pathOf(id)}/data` });
	session.output.result({ data }, () => renderTables(data));
}

export async function changeData(
	terminal: Terminal,
	verb: "replay" | "drop",
	{ id, options }: { readonly id: string; readonly options: Common },
): Promise<void> {
	const session = await openSession(options, terminal);
	const path = `${pathOf(id)}/data/${verb}`;
	const { data } = await session.ask<{ data: TableCounts[] }>({ method: "POST", path, body: {} });
	session.output.result({ data }, () => renderTables(data));
}
