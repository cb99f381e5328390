// Channels as text: how each stands, what waits and was refused, what it can do, and how its test went.
import { formatDuration } from "../../core/duration.js";
import type { ChannelTest } from "../../engine/verbs/channels.js";
import type { Capabilities } from "../../ports/ports.js";
import type { ChannelView } from "../http/schemas/status.js";

/** One line; a second one where something is wrong. */
export function channelLines(channel: ChannelView): readonly string[] {
	const { name, address, state, error, refused, lastRefusal, can } = channel;
	const rest = " ".repeat(12);
	return [
		`${name.padEnd(11)} ${[stateText(state, address), ...pendingText(channel)].join(", ")} ${abilities(can)}`,
		...(error === null ? [] : [`${rest}${state === "open" ? "last failure" : "fails"}: ${error}`]),
		...(refused === 0 ? [] : [`${rest}refused ${refused} times what came in${last(lastRefusal)}`]),
	];
}

function stateText(state: ChannelView["state"], address: string | null): string {
	if (state === "open") return address ?? "open";
	return address === null ? state : `${address}, ${state}`;
}

function pendingText({ pending, oldestPendingAt }: ChannelView): readonly string[] {
	return pending === 0 ? [] : [`${pending} waiting since ${oldestPendingAt ?? "now"}`];
}

function last(refusal: string | null): string {
	return refusal === null ? "" : `, last: ${refusal}`;
}

/** Only what it can. */
export function abilities(can: Capabilities): string {
	const parts = [
		...(can.edit ? ["edits"] : ["no edits"]),
		...(can.buttons ? ["buttons"] : ["no buttons"]),
		...(can.directMessage ? ["direct messages"] : []),
		...(can.thread ? ["threads"] : []),
		...(can.lookup ? ["finds its cards again"] : []),
		`${can.cardCharacters} characters`,
		...(can.refreshMs === null ? [] : [`counts down every ${formatDuration(can.refreshMs)}`]),
	];
	return `(${parts.join(", ")})`;
}

export function testLines({ name, address, failure, edited, tookMs, can }: ChannelTest): readonly string[] {
	const took = `${tookMs} ms`;
	if (failure !== null) {
		return [`FAIL  ${name}: ${failure.code}: ${failure.message} ${took}`, `      ${failure.next}`];
	}
	const what = edited ? "sent and edited" : "sent";
	return [`ok    ${name}: ${what} in ${took}${address === null ? "" : `, ${address}`} ${abilities(can)}`];
}
