// Cards on the supervisor's terminal: the commands to type, the stored expiry, and no escape of a builder's.
import { expect, it } from "vitest";
import { createConsole } from "../../../src/adapters/delivery/console.js";
import { aCard } from "../../contracts/delivery.contract.js";

function printed(): { text: () => string; write: (text: string) => void } {
	let all = "";
	return { text: () => all, write: (text) => (all += text) };
}

it("prints a card with what can be typed", async () => {
	const { text, write } = printed();
	expect(await createConsole({ write }).send(aCard())).toBe("sw_aaaaaa:1");
	expect(text()).toBe(
		[
			"== I'm back with the new version (sw_aaaaaa).",
			"   Greets louder",
			"   Rolls back by itself at 2026-11-21T12:02:00.000Z.",
			"   deadman confirm sw_aaaaaa   deadman rollback sw_aaaaaa   deadman extend sw_aaaaaa",
			"",
		].join("\n"),
	);
});

it("prints an outcome without commands", async () => {
	const { text, write } = printed();
	await createConsole({ write }).edit("", aCard({ buttons: [], expiresAtMs: null, title: "Done.", lines: [] }));
	expect(text()).toBe("== Done.\n");
});

it("neutralises what others wrote", async () => {
	const { text, write } = printed();
	const hostile = "a\u001b[2Jb\u202e\n== forged";
	await createConsole({ write }).send(aCard({ title: hostile, lines: [hostile] }));
	await createConsole({ write }).notice(hostile);
	expect(text().replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
	expect(text()).toContain("a\\x1b[2Jb\\u{202e}");
	expect(text().split("\n")[0]).toContain("\\n== forged");
});
