// What a version on trial says of itself, for its swap: a fatal ends the trial at once, warnings are counted on the card, a first message is shown
// there. Only the run that is under trial is listened to.
import { limits } from "../../core/limits.js";
import { isOnTrial } from "../../core/machine/phases.js";
import { causeOf, type Heard, noneHeard, type Swap } from "../../core/swap.js";
import type { Run } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";

export interface Trials {
	/** `detail`: lines for the builder, beside the message that the card shows. */
	fatal(run: Run, message: string, detail?: readonly string[]): Promise<void>;
	warning(run: Run, message: string): Promise<void>;
	firstMessage(run: Run): Promise<void>;
	close(): void;
}

interface Ear {
	heard: Heard;
	/** Cancels what is to be told later; null: nothing is. */
	cancel: (() => void) | null;
}

export function createTrials(engine: Engine, store: Store): Trials {
	const { clock, log, scrub } = engine.ports;
	/** Of swaps on trial: few at any time. */
	const ears = new Map<string, Ear>();

	/** The swap that this run is the candidate of, while it is on trial. */
	async function trialOf({ swapId, release }: Run): Promise<Swap | null> {
		const swap = swapId === null ? null : await store.read(swapId);
		return swap !== null && isOnTrial(swap.status) && swap.candidateRelease === release ? swap : null;
	}

	async function fatal(run: Run, message: string, detail: readonly string[] = []): Promise<void> {
		const text = scrub(message);
		log.error("program.fatal", { release: run.release, message: text });
		if (run.swapId === null) return;
		const cause = causeOf("fatal_reported", `The new version reported a fatal error: ${text}`, null, detail);
		const swap = await store.read(run.swapId);
		const type = swap?.status === "cutting_over" ? "candidateDied" : "fatalReported";
		await store.record(run.swapId, { verb: "conclude", facts: [{ type, cause }] });
	}

	async function hear(run: Run, change: (heard: Heard) => Heard, soon: boolean): Promise<void> {
		const swap = await trialOf(run);
		if (swap === null) return;
		const ear = ears.get(swap.id) ?? { heard: swap.heard ?? noneHeard, cancel: null };
		for (const id of ears.keys()) if (id !== swap.id && ears.get(id)?.cancel === null) ears.delete(id);
		ears.set(swap.id, ear);
		const first = ear.heard.warnings === 0;
		ear.heard = change(ear.heard);
		if (soon || first) {
			await tell(swap.id, ear);
			return;
		}
		ear.cancel ??= clock.timer(limits.warningsToldMs, () => {
			tell(swap.id, ear).catch((error) =>
				log.warn("trial.unheard", { swap: swap.id, cause: causeFrom(error, null, scrub) }),
			);
		});
	}

	/** What was counted since goes with it. */
	async function tell(id: string, ear: Ear): Promise<void> {
		ear.cancel?.();
		ear.cancel = null;
		const swap = await store.read(id);
		if (swap === null || !isOnTrial(swap.status)) return;
		await store.record(id, { verb: "conclude", facts: [{ type: "heard", heard: ear.heard }] });
	}

	return {
		fatal,
		warning: (run, message) =>
			hear(run, (heard) => ({ ...heard, warnings: heard.warnings + 1, lastWarning: message }), false),
		firstMessage: (run) =>
			hear(run, (heard) => ({ ...heard, firstMessageAtMs: heard.firstMessageAtMs ?? clock.now().wallMs }), true),
		close() {
			for (const { cancel } of ears.values()) cancel?.();
		},
	};
}
