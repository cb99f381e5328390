// The supervised program's side of its own channel: the run that serves now, or is on trial, takes what it has to deliver, answers, and relays
// clicks of its chat. It is code on trial: it may reject and go back, and confirms nothing.
import { isOnTrial } from "../../core/machine/phases.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, hostTarget, type Swap } from "../../core/swap.js";
import type { About, Answer, Delivery, Mailbox, RelayedClick, Run } from "../../ports/ports.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { targetNames } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Keepers } from "../programs/keepers.js";
import { holderOf } from "../programs/running.js";
import type { Correspondence } from "../verbs/channels.js";
import type { Channels } from "./channels.js";

export interface ProgramMailParts {
	readonly engine: Engine;
	readonly store: Store;
	readonly keepers: Keepers;
	readonly channels: Channels;
	readonly audit: Audit;
	/** Looks for due messages. */
	readonly kick: () => void;
}

type ProgramMail = Pick<Correspondence, "takeMail" | "answerMail" | "relayClick">;

interface Taker {
	readonly run: Run;
	readonly target: string;
	readonly delivery: Delivery;
	readonly mailbox: Mailbox;
}

const holdMs = 25_000;
const relayed: ReadonlySet<RelayedClick["verdict"]> = new Set(["reject", "rollback"]);

export function createProgramMail({ engine, store, keepers, channels, audit, kick }: ProgramMailParts): ProgramMail {
	let lastTaker: string | null = null;

	async function takerOf(token: string): Promise<Taker | Refusal> {
		const found = await holderOf(engine, token);
		if (found === null) return refuse("token_invalid");
		const delivery = engine.ports.deliveries.find(({ mailbox }) => mailbox !== undefined);
		if (delivery?.mailbox === undefined) return refuse("app_channel_missing");
		const taker = { ...found, delivery, mailbox: delivery.mailbox };
		return (await isCurrent(taker)) ? taker : refuse("program_not_current");
	}

	/** During a trial of its target only the candidate, never a process of before. */
	async function isCurrent({ run, target }: Pick<Taker, "run" | "target">): Promise<boolean> {
		if (keepers.of(target).status().run?.runId !== run.runId) return false;
		const trials = (await store.unfinished()).filter((swap) => isOnTrial(swap.status));
		return trials.every((swap) => !targetNames(swap).includes(target) || swap.id === run.swapId);
	}

	async function mayHave(taker: Taker, { swapId }: About): Promise<boolean> {
		const swap = swapId === null ? null : await store.read(swapId);
		return delivererOf(engine, swap) === taker.target && isCurrent(taker);
	}

	/** What waited while no program took anything goes out now, not after a pause. */
	function welcome({ run, delivery }: Taker): void {
		if (lastTaker === run.runId) return;
		lastTaker = run.runId;
		channels.worked(delivery.name);
		kick();
	}

	async function relay(token: string, click: RelayedClick): Promise<Answer | Refusal> {
		const taker = await takerOf(token);
		if (isRefusal(taker)) return taker;
		const by: Actor = { surface: "app", id: click.actor };
		return relayed.has(click.verdict) ? taker.mailbox.click(click) : refuseElsewhere(by, click);
	}

	async function refuseElsewhere(by: Actor, { swapId, epoch, verdict }: RelayedClick): Promise<Refusal> {
		const where = elsewhere(engine.ports.deliveries);
		const refusal = refuse("verdict_elsewhere", { verb: verdict, id: swapId, where });
		await audit({ swapId, by, verb: verdict, refusal, shown: `epoch ${epoch}` });
		return refusal;
	}

	return {
		async takeMail(token, signal) {
			const taker = await takerOf(token);
			if (isRefusal(taker)) return taker;
			welcome(taker);
			const { run, mailbox } = taker;
			return mailbox.take({ runId: run.runId, mayHave: (about) => mayHave(taker, about), holdMs, signal });
		},
		async answerMail(token, { id, answer }) {
			const taker = await takerOf(token);
			if (isRefusal(taker)) return taker;
			const taken = taker.mailbox.answer({ runId: taker.run.runId, id, answer });
			return taken ? null : refuse("message_unknown", { id });
		},
		relayClick: relay,
	};
}

/** Whose program shows messages about this swap: of what it changes the agent that asked, so that the new version's way out is tried. */
function delivererOf(engine: Engine, swap: Swap | null): string {
	const changed = swap?.proposal == null ? [] : swap.proposal.targets.map(({ target }) => target);
	const asking = swap?.target ?? hostTarget;
	const wanted = [...(changed.includes(asking) ? [asking] : []), ...changed, asking, hostTarget, ...engine.targets];
	const hasProgram = (target: string) => engine.targets.includes(target) && engine.of(target).ports.programs.hasCommand;
	return wanted.find(hasProgram) ?? hostTarget;
}

/** The address of the local page is a key to it, and what asks here is on trial. */
function elsewhere(deliveries: readonly Delivery[]): string {
	const places = deliveries
		.filter(({ mailbox, can }) => mailbox === undefined && can.buttons)
		.map(({ name, surface, address }) => (surface === "page" ? name : `${name} (${address() ?? "not up"})`));
	return [...places, "the command line of its host"].join(", ");
}
