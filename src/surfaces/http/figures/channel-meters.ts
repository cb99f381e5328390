// The figures of the channels to people and of the outbox before them, by channel. Read from the status and the journal when somebody asks.
import type { SupervisorStatus } from "../../../engine/verbs/supervisor.js";
import type { JournalFigures } from "../../../ports/ports.js";
import type { MakeMeter } from "./process-meters.js";

interface Reading {
	readonly status: SupervisorStatus;
	readonly figures: JournalFigures;
	readonly nowMs: number;
}

/** What waits on no channel to people waits for builders, or for a channel that is configured no more. */
const elsewhere = "other";

export function createChannelMeters({ gauge, counter }: MakeMeter): (reading: Reading) => void {
	const pending = gauge(
		"deadman_outbox_pending",
		"Messages that wait to be delivered; other: outcomes for builders.",
		"channel",
	);
	const oldest = gauge("deadman_outbox_oldest_seconds", "Age of the oldest message that waits; 0: none.", "channel");
	const oldestOfAll = gauge("deadman_outbox_oldest_age_seconds", "Age of the oldest of all of them; 0: none waits.");
	const open = gauge("deadman_channel_open", "1: the channel is open; 0: it is opening or fails.", "channel");
	const refused = counter(
		"deadman_channel_refused_total",
		"What came in on the channel and was refused before it was a click.",
		"channel",
	);

	return ({ status: { channels }, figures: { pendingMessages, oldestPendingAtMs }, nowMs }) => {
		const ageSeconds = (atMs: number | null) => Math.max(0, nowMs - (atMs ?? nowMs)) / 1_000;
		for (const meter of [pending, oldest, open, refused]) meter.reset();
		for (const { name: channel, state, pending: waiting, oldestAtMs, refused: times } of channels) {
			pending.set({ channel }, waiting);
			oldest.set({ channel }, ageSeconds(oldestAtMs));
			open.set({ channel }, state === "open" ? 1 : 0);
			refused.inc({ channel }, times);
		}
		const people = channels.reduce((sum, channel) => sum + channel.pending, 0);
		pending.inc({ channel: elsewhere }, Math.max(0, pendingMessages - people));
		oldestOfAll.set(ageSeconds(oldestPendingAtMs));
	};
}
