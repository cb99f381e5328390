// Signs of life of every kind: in memory to the moment, in the journal to the minute, so that a contact costs a write at most once in that time.
import { isPresent } from "../../core/agents/presence.js";
import { limits } from "../../core/limits.js";
import { remember } from "../../core/remember.js";
import type { AgentRecord } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Reports } from "../programs/reports.js";
import type { AgentCaller } from "../verbs/agents.js";

export interface Contacts {
	/** It was heard, in whatever way but by reading. */
	note(caller: Pick<AgentCaller, "agent" | "run">): void;
	/** The journal has it too, as of now. */
	written(agent: string): void;
	lastActiveMs(agent: Pick<AgentRecord, "id" | "lastActiveAtMs">): number;
	isPresent(agent: Pick<AgentRecord, "id" | "lastActiveAtMs">): boolean;
}

interface Known {
	readonly atMs: number;
	readonly writtenBootMs: number;
}

export function createContacts({ ports }: Engine, reports: Reports): Contacts {
	const { clock, journal, log, scrub } = ports;
	const known = new Map<string, Known>();

	function keep(agent: string, writtenBootMs: number): void {
		remember(known, { key: agent, value: { atMs: clock.now().wallMs, writtenBootMs }, most: limits.agentsRemembered });
	}

	function note({ agent, run }: Pick<AgentCaller, "agent" | "run">): void {
		if (run !== null) reports.contact(run);
		const { bootMs, wallMs: atMs } = clock.now();
		const before = known.get(agent);
		const isWritten = before !== undefined && bootMs - before.writtenBootMs < limits.contactMs;
		keep(agent, isWritten ? before.writtenBootMs : bootMs);
		if (isWritten) return;
		journal.touchAgents([{ id: agent, atMs }]).catch((error: unknown) => {
			log.warn("agent.contact_unwritten", { agent, cause: causeFrom(error, null, scrub) });
		});
	}

	const lastActiveMs: Contacts["lastActiveMs"] = ({ id, lastActiveAtMs }) => known.get(id)?.atMs ?? lastActiveAtMs;

	return {
		note,
		written: (agent) => keep(agent, clock.now().bootMs),
		lastActiveMs,
		isPresent: (agent) => isPresent(lastActiveMs(agent), clock.now().wallMs),
	};
}
