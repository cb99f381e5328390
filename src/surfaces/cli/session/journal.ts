// Reads swaps from the journal itself, for the few commands that must work while no supervisor answers. Changes nothing.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../../core/limits.js";
import { isInFlight } from "../../../core/machine/phases.js";
import { isRefusal, refuse } from "../../../core/refusals.js";
import { swapSubject } from "../../../core/subject.js";
import type { Swap } from "../../../core/swap.js";
import type { Inspection } from "../../composition.js";
import { type AuditView, auditViewOf, type FactView, factViewOf, type SwapView, viewOf } from "../../view.js";
import { NotAnswered } from "./client.js";
import { accepted, failureOf, noSupervisor } from "./failure.js";
import type { Session } from "./session.js";

/** `id` null: the swap that matters now, or null where there is none. */
export async function swapFromJournal(session: Session, id: string | null): Promise<SwapView | null> {
	return reading(session, async (journal) => {
		const swap = await find(journal, id);
		return swap === null ? null : viewOf(swap, session.clock.now());
	});
}

/** What happened to a swap, and what was refused; newest first the latter. */
export interface LogView {
	readonly facts: readonly FactView[];
	readonly audits: readonly AuditView[];
}

export async function logFromJournal(session: Session, id: string | null): Promise<LogView> {
	return reading(session, async (journal) => {
		const swap = await find(journal, id);
		if (swap === null) throw failureOf(refuse("nothing_current"));
		const facts = (await journal.facts(swap.id)).map(factViewOf);
		return { facts, audits: await auditsIn(journal, swap.id) };
	});
}

/** `id` null: of every swap, and of none. */
export async function auditsFromJournal(session: Session, id: string | null): Promise<readonly AuditView[]> {
	return reading(session, (journal) => auditsIn(journal, id));
}

async function auditsIn(journal: Inspection, swapId: string | null): Promise<readonly AuditView[]> {
	return (await journal.audits({ subject: swapId === null ? null : swapSubject(swapId), limit: limits.listed })).map(
		auditViewOf,
	);
}

/** Without a journal there is nothing to say but that nobody answers. */
async function reading<T>({ location, load }: Session, read: (journal: Inspection) => Promise<T>): Promise<T> {
	const { stateDir } = location;
	await access(join(stateDir, "state.db")).catch(() => {
		throw noSupervisor(stateDir);
	});
	const { inspect } = await load();
	const journal = await inspect({ stateDir });
	if (isRefusal(journal)) return accepted<never>(journal);
	try {
		return await read(journal);
	} finally {
		await journal.close();
	}
}

async function find(journal: Inspection, id: string | null): Promise<Swap | null> {
	if (id === null) return currentOf(await journal.swaps());
	return (await journal.swap(id)) ?? accepted<never>(refuse("swap_unknown", { id }));
}

/** As the supervisor chooses: the newest in flight or waiting for a decision, else the newest. */
export function currentOf(swaps: readonly Swap[]): Swap | null {
	const open = swaps.find(({ status }) => isInFlight(status) || status === "pending_approval");
	return open ?? swaps[0] ?? null;
}

/** Where nobody answers, the journal does, with a note; where there is none either, nobody answers. */
export async function orFromJournal<T>(session: Session, ask: () => Promise<T>, read: () => Promise<T>): Promise<T> {
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
