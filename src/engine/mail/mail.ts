// Everything between a swap and people, as one part: channels that open, the outbox that sends, the inbox that hears, the time that is counted
// down, and the program's own channel. Puts together; decides nothing.
import type { Swap } from "../../core/swap.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import type { Store } from "../base/store.js";
import type { Keepers } from "../programs/keepers.js";
import type { ChannelStatus, Correspondence, Deliveries } from "../verbs/channels.js";
import type { Verdicts } from "../verbs/supervisor.js";
import { createChannels } from "./channels.js";
import { createCountdown } from "./countdown.js";
import { createInbox, type InboxParts, judgeEarlier } from "./inbox.js";
import { createIntroduction } from "./introduction.js";
import { createNotify } from "./notify.js";
import { createOutbox } from "./outbox.js";
import { createOwnChannel } from "./own-channel.js";
import { createProgramMail } from "./program-mail.js";
import { createReceiving } from "./receiving.js";
import { createReminders } from "./reminders.js";

export interface Mail {
	readonly verbs: Correspondence & Deliveries;
	/** What an earlier life heard is judged before anything new is. */
	start(): Promise<void>;
	/** After each change of a swap. */
	follow(swap: Swap): void;
	status(): Promise<readonly ChannelStatus[]>;
	/** No time is counted down any more; what goes out goes on. */
	stopWatching(): void;
	close(): Promise<void>;
}

export interface MailParts {
	readonly engine: Engine;
	readonly store: Store;
	readonly keepers: Keepers;
	readonly verdicts: Verdicts;
	readonly audit: Audit;
}

export function createMail({ engine, store, keepers, verdicts, audit }: MailParts): Mail {
	const channels = createChannels(engine);
	const outbox = createOutbox({
		...{ engine, store, channels },
		shown: (message) => {
			countdown.shown(message);
			ownChannel.shown(message);
		},
		below: (delivery, swap) => ownChannel.below(delivery, swap),
	});
	const { kick } = outbox;
	const countdown = createCountdown({ engine, store, refresh: outbox.refresh });
	const ownChannel = createOwnChannel({ engine, store, kick });
	const reminders = createReminders({ engine, store });
	const introduction = createIntroduction(engine);
	const inbox = { engine, store, verdicts, audit, kick };

	function watch(swap: Swap): void {
		countdown.follow(swap);
		reminders.follow(swap);
		ownChannel.follow(swap);
	}

	return {
		verbs: {
			...createReceiving(engine),
			...createNotify({ engine, channels, audit }),
			...createProgramMail({ engine, store, keepers, channels, audit, kick }),
		},
		async start() {
			const unfinished = await readyToBegin(inbox);
			introduction.start();
			channels.open((delivery) => createInbox(inbox, delivery), introduction.opened);
			outbox.start();
			for (const swap of unfinished) watch(swap);
		},
		follow(swap) {
			watch(swap);
			kick();
		},
		status: async () => statusOf(channels.states(), engine),
		stopWatching() {
			countdown.stop();
			ownChannel.close();
		},
		async close() {
			await Promise.all([reminders.stop(), introduction.close()]);
			const sent = outbox.close();
			await letProgramGo(engine);
			await sent;
			await channels.close();
		},
	};
}

/** It is stopped by now: what waits for its answer waits no longer. */
async function letProgramGo({ ports }: Engine): Promise<void> {
	await Promise.all(ports.deliveries.map(({ mailbox, stop }) => (mailbox === undefined ? undefined : stop())));
}

/** What waits is read from the journal; one that cannot be read is no reason to say nothing. */
async function statusOf(
	states: ReturnType<ReturnType<typeof createChannels>["states"]>,
	{ ports }: Engine,
): Promise<readonly ChannelStatus[]> {
	const backlog = await ports.journal.backlog().catch(() => []);
	return ports.deliveries.flatMap(({ name, surface, can }) => {
		const state = states.find((one) => one.name === name);
		if (state === undefined) return [];
		const { pending = 0, oldestAtMs = null, lastError = null } = backlog.find(({ channel }) => channel === name) ?? {};
		const waits = lastError === null ? null : ports.scrub(lastError);
		return [{ ...state, surface, error: state.error ?? waits, pending, oldestAtMs, can }];
	});
}

/** All that can fail, so that it can be repeated: what is begun behind it must not begin twice. */
async function readyToBegin(inbox: InboxParts): Promise<readonly Swap[]> {
	await judgeEarlier(inbox);
	return inbox.store.unfinished();
}
