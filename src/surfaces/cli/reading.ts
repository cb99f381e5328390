// The commands that only read: ls, status, diff, log, data show; and data replay. Status works without a supervisor, from the journal.
import { printableBlock } from "../../core/printable.js";
import type { TableCounts } from "../../core/swap.js";
import type { StatusView } from "../http/status.js";
import { renderFacts, renderSwap, renderSwaps, renderTables } from "../rendering.js";
import { renderStatus } from "../status-text.js";
import type { FactView, SwapView } from "../view.js";
import { NotAnswered } from "./client.js";
import { factsFromJournal, swapFromJournal } from "./journal.js";
import { type Common, openSession, rethrow, type Session, type Terminal } from "./session.js";

/** A supervisor that does not say how it is within this time is treated as absent. */
const statusTimeoutMs = 5_000;

const pathOf = (id: string) => `/v1/swaps/${encodeURIComponent(id)}`;

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

/** Where nobody answers, the journal does, with a note; where there is none either, nobody answers. */
async function orFromJournal<T>(session: Session, ask: () => Promise<T>, read: () => Promise<T>): Promise<T> {
	const { stateDir } = session.location;
	try {
		return await ask();
	} catch (error) {
		if (!(error instanceof NotAnswered)) throw error;
		const found = await read();
		session.output.note(`No supervisor answers in ${stateDir}; this is what its journal says. Start one: deadman run`);
		return found;
	}
}

/** Raw where a program reads it, so that it can be applied; neutralised on a terminal. */
export async function diff(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const text = await session.client
		.text(`${pathOf(id)}/diff`)
		.catch((error) => rethrow(error, session.location.stateDir));
	session.output.result({ diff: text }, () => (process.stdout.isTTY ? printableBlock(text) : text));
}

export async function log(terminal: Terminal, id: string | undefined, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const facts = await orFromJournal(
		session,
		async () => askFacts(session, id),
		async () => {
			return factsFromJournal(session, id ?? null);
		},
	);
	session.output.result({ facts }, () => renderFacts(facts));
}

async function askFacts({ client }: Session, id: string | undefined): Promise<readonly FactView[]> {
	const of = id ?? (await client.ask<{ swap: SwapView }>({ path: pathOf("current") })).swap.id;
	return (await client.ask<{ facts: FactView[] }>({ path: `${pathOf(of)}/facts` })).facts;
}

export async function showData(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { data } = await session.ask<{ data: TableCounts[] }>({ path: `${pathOf(id)}/data` });
	session.output.result({ data }, () => renderTables(data));
}

export async function replayData(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const path = `${pathOf(id)}/data/replay`;
	const { data } = await session.ask<{ data: TableCounts[] }>({ method: "POST", path, body: {} });
	session.output.result({ data }, () => renderTables(data));
}
