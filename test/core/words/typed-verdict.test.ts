// What counts as a word to the bot, and that nothing else does.
import fc from "fast-check";
import { expect, it } from "vitest";
import { wordsOf } from "../../../src/core/words/typed-verdict.js";

it.each([
	["confirm sw_abc123", { verdict: "confirm", swapId: "sw_abc123", typed: null }],
	["  Rollback  SW_ABC123! ", { verdict: "rollback", swapId: "sw_abc123", typed: null }],
	["<@U0BOT> extend sw_abc123", { verdict: "extend", swapId: "sw_abc123", typed: null }],
	["@deadman_bot: keep sw_abc123", { verdict: "keep", swapId: "sw_abc123", typed: null }],
	["host sw_abc123", { verdict: "approve", swapId: "sw_abc123", typed: "host sw_abc123" }],
	["approve sw_abc123 2", { verdict: "approve", swapId: "sw_abc123", typed: null, epoch: 2 }],
	["Host sw_abc123  12.", { verdict: "approve", swapId: "sw_abc123", typed: "host sw_abc123 12", epoch: 12 }],
	["Combined sw_abc123.", { verdict: "approve", swapId: "sw_abc123", typed: "combined sw_abc123" }],
])("%s", (text, words) => expect(wordsOf(text)).toEqual(words));

it.each([
	"confirm",
	"sw_abc123",
	"confirm sw_abc12",
	"do not confirm sw_abc123",
	"confirm sw_abc123 please",
	"confirm sw_abc123\nrollback sw_abc123",
	"finalize sw_abc123",
	"approve sw_abc123 0",
	"approve sw_abc123 02",
	"host sw_abc123 2 3",
	"host sw_abc123 1e3",
	"",
])("is not for us: %s", (text) => expect(wordsOf(text)).toBeNull());

it("never takes long and never throws", () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 5_000, unit: "binary" }), (text) => {
			const words = wordsOf(text);
			return words === null || /^sw_[a-z0-9]{6}$/.test(words.swapId);
		}),
	);
	const startedAt = performance.now();
	wordsOf(`${" @x".repeat(100_000)}confirm sw_abc123`);
	expect(performance.now() - startedAt).toBeLessThan(2_000);
});
