// Follows a swap until it stands where it was waited for, over restarts of the supervisor, and shows the progress of long steps meanwhile.
import type { Status } from "../../../core/swap.js";
import type { EventView } from "../../http/streams/events.js";
import type { SwapView } from "../../view.js";
import { NotAnswered } from "./client.js";
import { noSupervisor } from "./failure.js";
import { pathOf, type Session } from "./session.js";

export interface Following {
	readonly id: string;
	readonly until: readonly Status[];
	/** In all, in milliseconds. */
	readonly timeoutMs: number;
}

export interface Followed {
	/** As it was seen last; null when no supervisor answered at all. */
	readonly swap: SwapView | null;
	readonly reached: boolean;
}

/** One request waits this long; then it is asked again. */
const roundMs = 30_000;
const reconnectMs = 200;

export async function follow(session: Session, following: Following): Promise<Followed> {
	const stop = new AbortController();
	const progress = session.output.json ? Promise.resolve() : showProgress(session, following.id, stop.signal);
	try {
		return await waitOut(session, following);
	} finally {
		stop.abort();
		await progress;
	}
}

async function waitOut(session: Session, { id, until, timeoutMs }: Following): Promise<Followed> {
	const { clock, output } = session;
	const endMs = clock.now().bootMs + timeoutMs;
	let swap: SwapView | null = null;
	for (let told = false; ; ) {
		const leftMs = Math.max(0, Math.round(endMs - clock.now().bootMs));
		const seen = await askOnce(session, { id, until, timeoutMs: Math.min(leftMs, roundMs) });
		swap = seen ?? swap;
		if (seen !== null && until.includes(seen.status)) return { swap, reached: true };
		if (clock.now().bootMs >= endMs) return { swap, reached: false };
		if (seen === null && !told) output.progress("No supervisor answers; waiting for it to come back.");
		told ||= seen === null;
		await clock.sleep(reconnectMs);
	}
}

/** Null while no supervisor answers. */
async function askOnce(session: Session, { id, until, timeoutMs }: Following): Promise<SwapView | null> {
	const path = `${pathOf(id)}/wait?until=${until.join(",")}&timeoutMs=${timeoutMs}`;
	try {
		return (await session.client.ask<{ swap: SwapView }>({ path, timeoutMs: timeoutMs + roundMs })).swap;
	} catch (error) {
		if (error instanceof NotAnswered) return null;
		throw error;
	}
}

/** For verbs that go on by themselves: a supervisor that stays away is a failure, a slow step is not. */
export async function followThrough(session: Session, id: string, until: readonly Status[]): Promise<SwapView> {
	for (;;) {
		const { swap, reached } = await follow(session, { id, until, timeoutMs: 2 * roundMs });
		if (swap === null) throw noSupervisor(session.location.stateDir);
		if (reached) return swap;
	}
}

/** Best effort: where the stream breaks it is opened again, and what was missed stays missed. */
async function showProgress(session: Session, id: string, signal: AbortSignal): Promise<void> {
	let shown: string | null = null;
	const show = (line: string) => {
		const text = signal.aborted ? null : progressOf(line);
		if (text !== null && text !== shown) session.output.progress(text);
		shown = text ?? shown;
	};
	while (!signal.aborted) {
		await session.client.lines(`/v1/events?swap=${encodeURIComponent(id)}`, show, signal).catch(() => {});
		await session.clock.sleep(reconnectMs, signal);
	}
}

function progressOf(line: string): string | null {
	if (line === "") return null;
	const event = JSON.parse(line) as EventView;
	if (event.type === "step:progress") return `${event.swapId} ${event.step}: ${event.line}`;
	return event.type === "swap:changed" ? `${event.swap.id} is ${event.swap.status}` : null;
}
