// How a supervisor begins: a table, in order. What a running trial needs stands first and is tried until it works; nothing behind it can keep it from
// going on (F36).
import { limits } from "../core/limits.js";
import { backoffMs } from "../core/people/policy.js";
import type { Engine } from "./base/context.js";
import { causeFrom } from "./base/effects.js";

export interface Beginning {
	readonly name: string;
	/** `first`: the others wait until it works. `later`: where it fails, it is tried again beside them. May be called again after it rejected. */
	readonly when: "first" | "later";
	run(): Promise<void>;
}

/** Resolves when every part has been tried, those that come first until they worked, or when the supervisor stops. Never rejects. */
export async function begin(engine: Engine, beginnings: readonly Beginning[]): Promise<void> {
	for (const one of beginnings) {
		if (engine.stopping.signal.aborted) return;
		const worked = await attempt(engine, one);
		if (worked) continue;
		const trying = retry(engine, one);
		if (one.when === "first") await trying;
	}
}

async function retry(engine: Engine, one: Beginning): Promise<void> {
	const { signal } = engine.stopping;
	for (let tries = 0; !signal.aborted; tries += 1) {
		await engine.ports.clock.sleep(backoffMs(limits.retryPauseMs, limits.blockedPauseMs, tries), signal);
		if (signal.aborted || (await attempt(engine, one))) return;
	}
}

async function attempt({ ports }: Engine, { name, run }: Beginning): Promise<boolean> {
	try {
		await run();
		return true;
	} catch (error) {
		ports.log.error("start.part_failed", { part: name, cause: causeFrom(error, null, ports.scrub) });
		return false;
	}
}
