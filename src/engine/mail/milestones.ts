// How far this installation came, told to whoever wants to know until it is acknowledged; then it stands in the log and in the feed.
import { limits } from "../../core/limits.js";
import { within } from "../../ports/waiting.js";
import type { Engine } from "../base/context.js";
import type { Retrying } from "../base/retrying.js";
import type { Milestone } from "../verbs/supervisor.js";

export interface Reached {
	readonly milestone: Milestone;
	/** The surface of the channel, or the receipt of the message. */
	readonly about: string | null;
}

/** False: it was stopped before anybody acknowledged it. */
export async function reportMilestone(
	engine: Engine,
	{ retry, over, isOver }: Retrying,
	{ milestone, about }: Reached,
): Promise<boolean> {
	const { clock, log } = engine.ports;
	await retry(`milestone.${milestone}_failed`, async () => {
		const late = () => {
			throw new Error(`No answer within ${limits.sendTimeoutMs} ms.`);
		};
		const told = Promise.race([tell(engine, { milestone, about }), over]);
		await within(told, { sleep: clock.sleep, limitMs: limits.sendTimeoutMs, late });
	});
	if (isOver()) return false;
	log.info(`milestone.${milestone}`, { about });
	engine.emit({ type: "milestone:reached", milestone, about });
	return true;
}

async function tell({ ports }: Engine, { milestone, about }: Reached): Promise<void> {
	if (milestone === "agent_ready") await ports.milestones?.agentReady(about ?? "");
	else await ports.milestones?.firstMessageSent(about);
}
