// Holds a lock, a queue and a list in the chat channels' memory until it is ended; counts numbers up, and says each one that is on disk.
import { createChatStates } from "../../../../dist/adapters/chat/state.js";

const log = { info() {}, warn() {}, error() {} };
const state = createChatStates({ file: process.argv[2], log })("slack");
await state.connect();
const lock = await state.acquireLock("thread", Number(process.argv[3]));
process.stdout.write(`lock ${JSON.stringify(lock)}\n`);
for (let n = 1; ; n += 1) {
	await state.appendToList("numbers", n);
	await state.enqueue("thread", { enqueuedAt: n, expiresAt: Date.now() + 600_000, message: { n } }, 1_000);
	process.stdout.write(`stored ${n}\n`);
}
