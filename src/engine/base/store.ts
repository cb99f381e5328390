// The one way to change a swap: decide, stamp, evolve, append by compare-and-set. Going back goes on when the journal cannot be
// written: such facts are remembered here and written as soon as it can be.

import type { Fact, FactBody } from "../../core/facts.js";
import { limits } from "../../core/limits.js";
import { type Command, decide } from "../../core/machine/decide.js";
import { evolve } from "../../core/machine/evolve.js";
import { backoffMs } from "../../core/people/policy.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import type { Status, Swap } from "../../core/swap.js";
import { type StoredReview, VersionConflict } from "../../ports/ports.js";
import { createQueue } from "../../ports/waiting.js";
import { messagesOf } from "./announcing.js";
import type { Engine } from "./context.js";
import { causeFrom, StepFailure } from "./effects.js";
import { createRecent } from "./recent.js";

export interface Store {
	/** The swap as the journal has it, with what could not be written yet. */
	read(id: string): Promise<Swap | null>;
	/** The same for questions, from memory where it was asked for or changed before: nothing is decided on it. */
	glance(id: string): Promise<Swap | null>;
	/** As `glance`, with the refusal where there is none of this id. */
	find(id: string): Promise<Swap | Refusal>;
	unfinished(): Promise<readonly Swap[]>;
	/** Decides and appends until it wins the race or is refused. An empty decision changes nothing. */
	record(id: string, command: Command): Promise<Swap | Refusal>;
	/** Appends decided facts to exactly this version. Rejects with VersionConflict. */
	append(swap: Swap, bodies: readonly FactBody[], attached?: Partial<Attached>): Promise<Swap>;
	/** Whether all that is known of this swap is on disk, in the journal or in the emergency log: only then may it be acknowledged. */
	isOnDisk(id: string): boolean;
	/** Whether anything waits for the journal to be writable again. */
	isBehind(): boolean;
	/** Writes what could not be written, if it can be now, and stops trying. */
	close(): Promise<void>;
}

/** What goes with facts: `diff` is what approvers are sent, `review` what is kept of a submission. */
export interface Attached {
	readonly diff: string | null;
	readonly review: StoredReview | null;
}

interface Unwritten extends Attached {
	readonly base: Swap;
	readonly facts: readonly Fact[];
	readonly now: Swap;
	/** The last of these facts. */
	readonly added: readonly Fact[];
}

const goingBack: ReadonlySet<Status> = new Set(["rolling_back", "rolled_back", "stranded"]);

export function createStore(engine: Engine): Store {
	const { journal, clock } = engine.ports;
	const unwritten = new Map<string, Unwritten>();
	/** Of those: what is nowhere but in memory. */
	const onlyHere = new Set<string>();
	const recent = createRecent();
	const closing = new AbortController();
	/** One write at a time: what could not be written is the base of the next. */
	const inTurn = createQueue();
	let catchingUp: Promise<void> | null = null;
	let emergencies = 0;

	const read = async (id: string) => unwritten.get(id)?.now ?? (await journal.swap(id));

	async function glance(id: string): Promise<Swap | null> {
		const known = unwritten.get(id)?.now ?? recent.get(id);
		if (known !== undefined) return known;
		const swap = await journal.swap(id);
		return swap === null ? null : recent.remember(swap);
	}

	async function unfinished() {
		const swaps = await journal.unfinished();
		return swaps.map((swap) => unwritten.get(swap.id)?.now ?? swap);
	}

	const append: Store["append"] = (swap, bodies, { diff = null, review = null } = {}) =>
		inTurn(() => appendNow(swap, bodies, { diff, review }));

	async function appendNow(swap: Swap, bodies: readonly FactBody[], attached: Attached): Promise<Swap> {
		const atMs = clock.now().wallMs;
		const added = bodies.map((body): Fact => ({ ...body, atMs }));
		const next = added.reduce(evolve, swap);
		const earlier = unwritten.get(swap.id);
		if (earlier !== undefined && earlier.now.version !== swap.version) throw new VersionConflict(swap.id);
		const base = earlier?.base ?? swap;
		const facts = [...(earlier?.facts ?? []), ...added];
		await write({ base, facts, now: next, added, ...attached }).catch((error) => tellWhatLanded(swap, error));
		engine.emit({ type: "swap:changed", swap: next, facts: added });
		return next;
	}

	/** A failed append may have landed all the same, and a lost race means that somebody else moved on: both are news. */
	async function tellWhatLanded(known: Swap, error: unknown): Promise<never> {
		recent.forget(known.id);
		const now = await journal.swap(known.id).catch(() => null);
		if (now !== null && now.version > known.version) engine.emit({ type: "swap:changed", swap: now, facts: [] });
		throw error;
	}

	async function write(change: Unwritten): Promise<void> {
		try {
			await landed(change);
		} catch (error) {
			if (error instanceof VersionConflict) throw error;
			if (!goingBack.has(change.now.status)) throw error;
			await withoutBallast(change, error);
		}
	}

	async function landed(change: Unwritten): Promise<void> {
		await journalAppend(engine, change);
		forget(change.now.id);
		if (unwritten.size === 0 && emergencies > 0) await forgetEmergencies();
		recent.remember(change.now);
	}

	/** The ballast exists for this moment: free it, try once more, and go back all the same if that fails too. */
	async function withoutBallast(change: Unwritten, error: unknown): Promise<void> {
		engine.ports.log.error("journal.unwritable", {
			swap: change.now.id,
			cause: causeFrom(error, null, engine.ports.scrub),
		});
		try {
			for (const target of engine.targets)
				await engine
					.of(target)
					.ports.ballast.free()
					.catch(() => {});
			await landed(change);
		} catch (again) {
			if (again instanceof VersionConflict) throw again;
			await keepElsewhere(change);
			unwritten.set(change.now.id, change);
			catchingUp ??= catchUp();
		}
	}

	/** What is decided without the journal stands in the emergency log before it counts (F35). */
	async function keepElsewhere({ now, facts, added }: Unwritten): Promise<void> {
		const { gate, emergency, log, scrub } = engine.ports;
		// What an earlier try could not put there either comes with it.
		const missed = onlyHere.has(now.id) ? facts : added;
		const entry = { kind: "facts", swapId: now.id, version: now.version - missed.length, facts: missed } as const;
		try {
			await gate.around("emergency.append", () => emergency.append(entry));
			emergencies += 1;
			onlyHere.delete(now.id);
		} catch (error) {
			onlyHere.add(now.id);
			log.error("emergency.unwritable", { swap: now.id, cause: causeFrom(error, null, scrub) });
		}
	}

	/** The journal has caught up. Entries that stay are found to be in it by the next life. */
	async function forgetEmergencies(): Promise<void> {
		const { emergency, log, scrub } = engine.ports;
		emergencies = 0;
		await emergency.taken().catch((error) => log.warn("emergency.kept", { cause: causeFrom(error, null, scrub) }));
	}

	/** Goes on until everything is written: a later life must not find a swap on trial that went back long ago (F22). */
	async function catchUp(): Promise<void> {
		for (let failures = 0; unwritten.size > 0 && !closing.signal.aborted; failures += 1) {
			await clock.sleep(backoffMs(limits.retryPauseMs, limits.outboxBackoffCapMs, failures), closing.signal);
			await inTurn(writeAll);
		}
		catchingUp = null;
	}

	async function writeAll(): Promise<void> {
		for (const change of [...unwritten.values()]) {
			try {
				await landed(change);
				engine.emit({ type: "swap:changed", swap: change.now, facts: [] });
			} catch (error) {
				// It had landed after all: then the journal is the truth.
				if (error instanceof VersionConflict) forget(change.now.id);
				recent.forget(change.now.id);
				const cause = causeFrom(error, null, engine.ports.scrub);
				engine.ports.log.error("journal.unwritable", { swap: change.now.id, cause });
			}
		}
	}

	function forget(id: string): void {
		unwritten.delete(id);
		onlyHere.delete(id);
	}

	async function close(): Promise<void> {
		closing.abort();
		await catchingUp;
	}

	async function record(id: string, command: Command): Promise<Swap | Refusal> {
		for (let tries = 0; tries < limits.compareAndSetTries; tries += 1) {
			const swap = await read(id);
			if (swap === null) return refuse("swap_unknown", { id });
			const decision = decide(swap, command, clock.now(), engine.settings.authority);
			if (isRefusal(decision)) return decision;
			if (decision.length === 0) return swap;
			try {
				return await append(swap, decision);
			} catch (error) {
				if (!(error instanceof VersionConflict)) throw error;
			}
		}
		throw new Error(`The swap ${id} changed ${limits.compareAndSetTries} times while one fact was recorded.`);
	}

	return {
		read,
		glance,
		find: async (id) => (await glance(id)) ?? refuse("swap_unknown", { id }),
		unfinished,
		record,
		append,
		isOnDisk: (id) => !onlyHere.has(id),
		isBehind: () => unwritten.size > 0,
		close,
	};
}

async function journalAppend(engine: Engine, { base, facts, now, diff, review }: Unwritten): Promise<void> {
	const { gate, journal, scrub } = engine.ports;
	const site = `fact.${facts.at(-1)?.type ?? "none"}` as const;
	const batch = {
		swapId: now.id,
		expectedVersion: base.version,
		facts,
		next: now,
		messages: messagesOf(engine, { base, facts, diff }),
		review,
	};
	try {
		await gate.around(site, () => journal.append(batch));
	} catch (error) {
		if (error instanceof VersionConflict) throw error;
		throw new StepFailure(site, causeFrom(error, site, scrub));
	}
}
