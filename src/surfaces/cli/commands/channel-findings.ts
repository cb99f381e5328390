// What `deadman doctor` hears from a supervisor that runs: which channels fail, where messages have waited for long, and which confirmed changes the branch
// does not have. Says nothing where none runs.
import { formatDuration } from "../../../core/duration.js";
import type { Clock, Finding } from "../../../ports/ports.js";
import type { ChannelView, StatusView, SupervisorView } from "../../http/schemas/status.js";
import { operatorSocketOf } from "../../socket-path.js";
import { createClient } from "../session/client.js";

const timeoutMs = 5_000;
const longMs = 5 * 60_000;

export async function channelFindings(stateDir: string, clock: Clock): Promise<Finding[]> {
	const client = createClient({ socket: operatorSocketOf(stateDir), actor: "cli:doctor" });
	const status = await client.ask<StatusView>({ path: "/v1/status", timeoutMs }).catch(() => null);
	const { channels = [], unsettled = [] } = status?.supervisor ?? {};
	return [
		...channels.flatMap((channel) => findingsOf(channel, clock.now().wallMs)),
		...unsettled.map(unsettledFinding),
	];
}

/** As an examination without a supervisor says it. */
function unsettledFinding({ swapId, branch, commit, command }: SupervisorView["unsettled"][number]): Finding {
	return {
		name: `confirmed ${swapId}`,
		level: "warn",
		sentence: `${branch} does not have the confirmed change of ${swapId}, ${commit.slice(0, 12)}: whoever builds from ${branch} builds without it.`,
		next: `Run \`${command}\`.`,
	};
}

export function findingsOf(channel: ChannelView, nowMs: number): Finding[] {
	const { name, state, error, pending, oldestPendingAt, refused, lastRefusal } = channel;
	const warn = (sentence: string): Finding => ({
		name: `channel ${name}`,
		level: "warn",
		sentence,
		next: `\`deadman notify test ${name}\` tells what is wrong; the supervisor's log says more.`,
	});
	const waitedMs = oldestPendingAt === null ? 0 : nowMs - Date.parse(oldestPendingAt);
	return [
		...(state === "failing" ? [warn(`It fails: ${error ?? "no reason was given."}`)] : []),
		...(waitedMs > longMs
			? [warn(`${pending} messages wait, the oldest for ${formatDuration(waitedMs)}${last(state, error)}`)]
			: []),
		...(refused > 0
			? [warn(`${refused} times something came in and was refused, last: ${lastRefusal ?? "unknown"}`)]
			: []),
	];
}

function last(state: ChannelView["state"], error: string | null): string {
	return error === null || state === "failing" ? "." : `. The last try failed: ${error}`;
}
