// `deadman promote` and `deadman keep`: what becomes of the template after a confirmed swap. People see a promotion through to its commit.
import type { Promotion } from "../../../core/swap.js";
import { renderSwap } from "../../text/swap.js";
import type { SwapView } from "../../view.js";
import { exitCodes } from "../session/failure.js";
import { openSession, pathOf, type Session, type Terminal } from "../session/session.js";
import { type Follows, type Numbered, numberOf } from "./verbs.js";

const pollMs = 200;
/** Writing one commit; a supervisor that restarts meanwhile goes on with it. */
const patienceMs = 60_000;

export async function promote(terminal: Terminal, id: string, options: Follows & Numbered): Promise<void> {
	const session = await openSession(options, terminal);
	const answered = await decide(session, { id, verb: "promote", epoch: numberOf(options) });
	const follow = options.follow && options.json !== true;
	const swap = follow ? await applied(session, answered) : answered;
	session.output.result({ swap }, () => renderSwap(swap));
	if (follow && swap.promotion?.state !== "applied") process.exitCode = exitCodes.failed;
}

export async function keep(terminal: Terminal, id: string, options: Follows & Numbered): Promise<void> {
	const session = await openSession(options, terminal);
	const swap = await decide(session, { id, verb: "keep", epoch: numberOf(options) });
	session.output.result({ swap }, () => renderSwap(swap));
}

interface Decision {
	readonly id: string;
	readonly verb: "promote" | "keep";
	readonly epoch: number | null;
}

async function decide({ ask }: Session, { id, verb, epoch }: Decision): Promise<SwapView> {
	const body = epoch === null ? {} : { epoch };
	return (await ask<{ swap: SwapView }>({ method: "POST", path: `${pathOf(id)}/${verb}`, body })).swap;
}

/** A promotion changes no status, so that it is looked at again and again until it stands. */
async function applied(session: Session, answered: SwapView): Promise<SwapView> {
	const { ask, clock, output } = session;
	const endMs = clock.now().bootMs + patienceMs;
	let swap = answered;
	output.progress(`${swap.id} is being applied to the template`);
	while (isUnderWay(swap.promotion) && clock.now().bootMs < endMs) {
		await clock.sleep(pollMs);
		swap = (await ask<{ swap: SwapView }>({ path: pathOf(swap.id) })).swap;
	}
	return swap;
}

function isUnderWay(promotion: Promotion | null): boolean {
	return promotion?.state === "approved";
}
