// Which stories a run plays: all of them, or of those that only differ in the chat platform one, another one with each commit.
import { shardOf } from "./shard.js";

const platforms = ["telegram", "slack", "discord", "teams", "whatsapp"];

/** Patterns of files. DEADMAN_TEST_SHORT is set by the short run; its shard is the commit's. */
export function storiesOf(): string[] {
	if (process.env.DEADMAN_TEST_SHORT === undefined) return ["test/e2e/**/*.test.ts"];
	const turn = platforms[shardOf().index % platforms.length] ?? "telegram";
	const others = platforms.filter((platform) => platform !== turn).join("|");
	return [`test/e2e/!(chat-@(${others})*).test.ts`];
}
