// `deadman log`: what happened to a swap with what was refused meanwhile, or everything that was refused. Reads the journal where nobody answers.
import { renderLog, renderRefused } from "../../text/log.js";
import type { AuditView, FactView, SwapView } from "../../view.js";
import { auditsFromJournal, type LogView, logFromJournal, orFromJournal } from "../session/journal.js";
import { type Common, openSession, pathOf, type Session, type Terminal } from "../session/session.js";

interface LogOptions extends Common {
	readonly refused: boolean;
}

export async function log(terminal: Terminal, id: string | undefined, options: LogOptions): Promise<void> {
	const session = await openSession(options, terminal);
	if (options.refused) return refused(session, id ?? null);
	const { facts, audits } = await orFromJournal(
		session,
		() => askLog(session, id),
		() => logFromJournal(session, id ?? null),
	);
	session.output.result({ facts, audits }, () => renderLog(facts, audits));
}

async function askLog(session: Session, id: string | undefined): Promise<LogView> {
	const { client } = session;
	const of = id ?? (await client.ask<{ swap: SwapView }>({ path: pathOf("current") })).swap.id;
	const { facts } = await client.ask<{ facts: FactView[] }>({ path: `${pathOf(of)}/facts` });
	return { facts, audits: await askAudits(session, of) };
}

async function refused(session: Session, id: string | null): Promise<void> {
	const audits = await orFromJournal(
		session,
		() => askAudits(session, id),
		() => auditsFromJournal(session, id),
	);
	session.output.result({ audits }, () => renderRefused(audits));
}

async function askAudits({ client }: Session, id: string | null): Promise<readonly AuditView[]> {
	const query = id === null ? "" : `?swap=${encodeURIComponent(id)}`;
	return (await client.ask<{ audits: AuditView[] }>({ path: `/v1/audits${query}` })).audits;
}
