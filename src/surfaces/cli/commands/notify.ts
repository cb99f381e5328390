// `deadman notify test`: the supervisor sends a test card to its channels, and tells which of them work.
import { printableLine } from "../../../core/rules/printable.js";
import type { ChannelTest } from "../../../engine/verbs/channels.js";
import { testLines } from "../../text/channels.js";
import { exitCodes } from "../session/failure.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

/** Exit code 1 when a channel failed. */
export async function testChannels(terminal: Terminal, channel: string | undefined, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const body = { channel: channel ?? null };
	const { data } = await session.ask<{ data: ChannelTest[] }>({ method: "POST", path: "/v1/notify/test", body });
	session.output.result({ data }, () => rendered(data));
	if (data.some(({ failure }) => failure !== null)) process.exitCode = exitCodes.failed;
}

function rendered(tests: readonly ChannelTest[]): string {
	if (tests.length === 0) return "No channels are configured.";
	return tests.flatMap(testLines).map(printableLine).join("\n");
}
