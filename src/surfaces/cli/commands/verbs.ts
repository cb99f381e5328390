// The verbs that propose and decide. People see a verb through to where it leads; with --json a program gets the answer at once and waits itself.
import { parseDuration } from "../../../core/duration.js";
import { refuse } from "../../../core/refusals.js";
import type { Status } from "../../../core/swap.js";
import { renderSwap } from "../../text/swap.js";
import type { SwapView } from "../../view.js";
import { accepted, exitCodes } from "../session/failure.js";
import { followThrough } from "../session/follow.js";
import { type Common, openSession, pathOf, type Session, type Speaker, type Terminal } from "../session/session.js";
import { conversationFrom } from "./conversation.js";

interface Leads {
	/** The verb has done its work here. */
	readonly well: readonly Status[];
	/** It ended elsewhere: exit code 1. */
	readonly ill: readonly Status[];
}

const toTrial: Leads = {
	well: ["awaiting_confirmation", "promoting", "finalized"],
	ill: ["drafting", "rolled_back", "stranded", "rejected"],
};
const toFinalized: Leads = { well: ["finalized"], ill: ["rolled_back", "stranded"] };
const toRolledBack: Leads = { well: ["rolled_back"], ill: ["finalized", "stranded"] };

export interface Follows extends Common {
	readonly follow: boolean;
}

/** `--submission`, as it was typed. */
export interface Numbered {
	readonly submission?: string;
}

/** The submission that a verb is given for; null where the person did not say. */
export function numberOf({ submission }: Numbered): number | null {
	if (submission === undefined) return null;
	if (/^[1-9]\d{0,8}$/.test(submission)) return Number(submission);
	const problems = "--submission: it is a number, as the card names it";
	return accepted<number>(refuse("input_invalid", { problems }));
}

interface Summaries extends Follows {
	readonly summary: string;
	readonly fileSummary: Readonly<Record<string, string>>;
	readonly insist: boolean;
	/** As it was typed. */
	readonly conversation?: string;
}

interface Proposes extends Summaries {
	readonly commit: string;
	readonly target?: string;
}

export async function propose(terminal: Terminal, options: Proposes): Promise<void> {
	const { commit: revision, summary, fileSummary: fileSummaries, target } = options;
	const conversation = conversationFrom(options.conversation);
	const body = { revision, summary, fileSummaries, target, conversation, ...insistOf(options) };
	await offer(terminal, options, "/v1/swaps", body);
}

export async function submit(terminal: Terminal, workspace: string, options: Summaries): Promise<void> {
	const { summary, fileSummary: fileSummaries } = options;
	const conversation = conversationFrom(options.conversation);
	const body = { workspace, summary, fileSummaries, conversation, ...insistOf(options) };
	await offer(terminal, options, "/v1/submissions", body);
}

function insistOf({ insist }: Summaries) {
	return insist ? { insist } : {};
}

/** Where approval is automatic, a proposal goes on by itself. */
async function offer(terminal: Terminal, options: Follows, path: string, body: object): Promise<void> {
	const session = await openSession(options, terminal, "builder");
	const { swap } = await session.ask<{ swap: SwapView }>({ method: "POST", path, body });
	await tellTrial(session, swap, options);
}

/** Nothing is followed while the swap waits for people, for a further approval too. */
export async function tellTrial(session: Session, swap: SwapView, options: Follows): Promise<void> {
	await tell(session, swap, swap.status === "pending_approval" ? null : leadsIf(options, toTrial));
}

export function reject(
	terminal: Terminal,
	id: string,
	options: Follows & Numbered & { readonly reason: string },
): Promise<void> {
	return decide(terminal, options, { id, verb: "reject", body: { reason: options.reason }, leads: null });
}

export function withdraw(terminal: Terminal, id: string, options: Follows & Numbered): Promise<void> {
	return decide(terminal, options, { id, verb: "withdraw", body: {}, leads: null, speaker: "builder" });
}

export function confirm(terminal: Terminal, id: string, options: Follows & Numbered): Promise<void> {
	return decide(terminal, options, { id, verb: "confirm", body: {}, leads: toFinalized });
}

export function rollback(
	terminal: Terminal,
	id: string,
	options: Follows & Numbered & { readonly reason: string },
): Promise<void> {
	return decide(terminal, options, { id, verb: "rollback", body: { reason: options.reason }, leads: toRolledBack });
}

export function extend(
	terminal: Terminal,
	id: string,
	options: Follows & Numbered & { readonly by: string },
): Promise<void> {
	const byMs = accepted(parseDuration(options.by));
	return decide(terminal, options, { id, verb: "extend", body: { byMs }, leads: null });
}

interface Decision {
	readonly id: string;
	readonly verb: string;
	readonly body: object;
	/** Null: the verb is done when it is answered. */
	readonly leads: Leads | null;
	readonly speaker?: Speaker;
}

async function decide(terminal: Terminal, options: Follows & Numbered, decision: Decision): Promise<void> {
	const { id, verb, leads, speaker } = decision;
	const epoch = numberOf(options);
	const body = { ...decision.body, ...(epoch === null ? {} : { epoch }) };
	const session = await openSession(options, terminal, speaker);
	const path = `${pathOf(id)}/${verb}`;
	const { swap } = await session.ask<{ swap: SwapView }>({ method: "POST", path, body });
	await tell(session, swap, leads === null ? null : leadsIf(options, leads));
}

function leadsIf(options: Follows, leads: Leads): Leads | null {
	return options.follow && options.json !== true ? leads : null;
}

async function tell(session: Session, answered: SwapView, leads: Leads | null): Promise<void> {
	if (leads === null) {
		session.output.result({ swap: answered }, () => renderSwap(answered));
		return;
	}
	session.output.note(`${answered.id} is ${answered.status}`);
	const swap = await followThrough(session, answered.id, [...leads.well, ...leads.ill]);
	session.output.result({ swap }, () => renderSwap(swap));
	if (!leads.well.includes(swap.status)) process.exitCode = exitCodes.failed;
}
