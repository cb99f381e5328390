// From a journal's file to a journal that may be relied on: opened, complete, and fitting to what is live. Where that cannot be, a running trial is undone
// by what stands beside the releases: nobody could end it otherwise.
import { openJournal } from "../adapters/journal/journal.js";
import { limits } from "../core/limits.js";
import { isPassing } from "../core/machine/passing-causes.js";
import { phases } from "../core/machine/phases.js";
import { backoffMs } from "../core/people/policy.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { hostTarget } from "../core/swap.js";
import { createEngine, type EngineSettings } from "../engine/base/context.js";
import { causeFrom } from "../engine/base/effects.js";
import { goBackWithoutJournal } from "../engine/emergency.js";
import { takeIn } from "../engine/taking-in.js";
import type { Journal } from "../ports/ports.js";
import { type Early, journalFile } from "./ports.js";

/** A refusal: nothing is on trial any more, and why there is no journal. Goes on trying as long as only passing causes stand in the way of that. */
export async function usableJournal(
	ports: Early,
	stateDir: string,
	settings: EngineSettings,
): Promise<Journal | Refusal> {
	const { clock, log, scrub } = ports;
	const sinceMs = clock.now().bootMs;
	for (let tries = 0; ; tries += 1) {
		const journal = await wholeJournal(ports, stateDir, settings);
		if (!isRefusal(journal)) return journal;
		if (tries === 0) log.error("journal.unusable", { code: journal.code, reason: journal.message });
		if (journal.code === "journal_unavailable") await freeBallasts(ports);
		const patientMs = journal.code === "journal_unavailable" ? limits.journalWaitMs : 0;
		if (clock.now().bootMs - sinceMs >= patientMs) {
			try {
				await undoTrials(ports, journal);
				return journal;
			} catch (error) {
				const cause = causeFrom(error, null, scrub);
				log.error("emergency.failed", { cause });
				if (!isPassing(cause)) throw error;
			}
		}
		await clock.sleep(backoffMs(limits.retryPauseMs, limits.blockedPauseMs, tries));
	}
}

/** A full disk is one of the causes, and this is what the ballast is for. */
async function freeBallasts(ports: Early): Promise<void> {
	for (const { ballast } of [ports, ...ports.agents]) await ballast.free().catch(() => {});
}

/** Opened, with everything in it, and of this state folder. */
async function wholeJournal(ports: Early, stateDir: string, settings: EngineSettings): Promise<Journal | Refusal> {
	const file = journalFile(stateDir);
	const unavailable = (why: string) => refuse("journal_unavailable", { path: file, why });
	const journal = await openJournal({ file }).catch((error: Error) => unavailable(error.message));
	if (isRefusal(journal)) return journal;
	try {
		await takeIn(createEngine({ ...ports, journal }, settings));
		const forgetful = await unknownTrial(journal, ports, stateDir);
		if (forgetful === null) return journal;
		await journal.close();
		return forgetful;
	} catch (error) {
		await journal.close().catch(() => {});
		const cause = causeFrom(error, null, ports.scrub);
		if (!isPassing(cause)) throw error;
		return unavailable(cause.message);
	}
}

/** A journal that was lost and begun anew, or replaced by an older one, cannot tell what becomes of the trial that runs. */
async function unknownTrial(journal: Journal, ports: Early, stateDir: string): Promise<Refusal | null> {
	for (const { releases } of [ports, ...ports.agents]) {
		const trial = (await releases.readLive())?.trial ?? null;
		const swap = trial === null ? null : await journal.swap(trial.swapId);
		if (trial === null || (swap !== null && phases[swap.status].liveTouched)) continue;
		const why = `live.json says that ${trial.swapId} is on trial, and it does not`;
		return refuse("journal_unreadable", { path: journalFile(stateDir), why });
	}
	return null;
}

/** A journal that a newer deadman wrote is whole: its trial is undone here only when that is due, and nobody else has done it. */
async function undoTrials(ports: Early, refusal: Refusal): Promise<void> {
	for (const { name, ...theirs } of [{ name: hostTarget }, ...ports.agents]) {
		const { releases, clock } = { ...ports, ...theirs };
		const dueMs = (await releases.readLive())?.trial?.dueMs ?? Number.POSITIVE_INFINITY;
		if (refusal.code === "schema_newer" && clock.now().wallMs < dueMs) continue;
		await goBackWithoutJournal({ ...ports, ...theirs, target: name }, { why: refusal.message });
	}
}

/** Before the journal is even opened: lives of this supervisor end before they come to a verdict. What cannot be undone here is left to the way that all take. */
export async function goBackFirst(ports: Early, starts: number): Promise<void> {
	const why = `The supervisor was ended and started ${starts} times in a row while it was on trial.`;
	ports.log.error("boots.too_many", { starts });
	for (const { name, ...theirs } of [{ name: hostTarget }, ...ports.agents]) {
		await goBackWithoutJournal({ ...ports, ...theirs, target: name }, { why, code: "supervisor_killed" }).catch(
			(error) => ports.log.error("emergency.failed", { cause: causeFrom(error, null, ports.scrub) }),
		);
	}
}
