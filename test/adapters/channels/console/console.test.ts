// Cards on the supervisor's terminal: the commands to type, the stored expiry, and no escape of a builder's.

import { expect, it } from "vitest";
import { createConsole } from "../../../../src/adapters/channels/console/console.js";
import { ownPlace } from "../../../../src/core/place.js";
import { aCard, approval, promotion } from "../../../contracts/mail/delivery.contract.js";

function printed(): { text: () => string; write: (text: string) => void } {
	let all = "";
	return { text: () => all, write: (text) => (all += text) };
}

it("prints a card with what can be typed", async () => {
	const { text, write } = printed();
	expect(await createConsole({ write }).send(aCard(), ownPlace)).toBe("sw_aaaaaa:1:card");
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

it("says what is left where the channel counts down", async () => {
	const { text, write } = printed();
	await createConsole({ write }).send(aCard({ leftMs: 90_000 }), ownPlace);
	expect(text()).toContain("   Rolls back by itself in 1 min 30 s, at 2026-11-21T12:02:00.000Z.\n");
});

it("prints what to read and what to type before an approval, and the choice about the template", async () => {
	const { text, write } = printed();
	const channel = createConsole({ write });
	expect(await channel.send(aCard(approval), ownPlace)).toBe("sw_aaaaaa:1:approval");
	expect(await channel.send(aCard(promotion), ownPlace)).toBe("sw_aaaaaa:1:promotion");
	await channel.send(aCard({ ...approval, phrase: null, expiresAtMs: null }), ownPlace);
	expect(text()).toBe(
		[
			"== sw_aaaaaa asks for approval.",
			"   A host change.",
			"   Rejected by itself at 2026-11-21T12:02:00.000Z.",
			'   deadman review sw_aaaaaa   deadman approve sw_aaaaaa --type "host sw_aaaaaa"   deadman reject sw_aaaaaa',
			"== Apply sw_aaaaaa to the template?",
			"   Touches container skills.",
			"   deadman promote sw_aaaaaa   deadman keep sw_aaaaaa",
			"== sw_aaaaaa asks for approval.",
			"   A host change.",
			"   deadman review sw_aaaaaa   deadman approve sw_aaaaaa   deadman reject sw_aaaaaa",
			"",
		].join("\n"),
	);
});

it("keeps the indentation of a diff, and nothing else that moves the cursor", async () => {
	const { text, write } = printed();
	await createConsole({ write }).notice("```diff\n+\tif (x) {\r\n+\t\ty\u001b[2J\rz\n```", ownPlace);
	expect(text()).toBe("```diff\n+\tif (x) {\n+\t\ty\\x1b[2J\\rz\n```\n");
});

it("prints an outcome without commands", async () => {
	const { text, write } = printed();
	await createConsole({ write }).edit(
		"",
		aCard({ buttons: [], expiresAtMs: null, title: "Done.", lines: [] }),
		ownPlace,
	);
	expect(text()).toBe("== Done.\n");
});

it("neutralises what others wrote", async () => {
	const { text, write } = printed();
	const hostile = "a\u001b[2Jb\u202e\n== forged";
	await createConsole({ write }).send(aCard({ title: hostile, lines: [hostile] }), ownPlace);
	await createConsole({ write }).notice(hostile, ownPlace);
	expect(text().replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
	expect(text()).toContain("a\\x1b[2Jb\\u{202e}");
	expect(text().split("\n")[0]).toContain("\\n== forged");
});
