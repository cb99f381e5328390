// Which messages the facts of a whole story cause, whoever sleeps: only what asks for approval ever waits, and no place has a card twice.
import { describe, expect, it } from "vitest";
import { openAuthority } from "../../../src/core/people/authority.js";
import { askedFirst } from "../../../src/core/people/routing.js";
import { placeFrom } from "../../../src/core/place.js";
import type { Swap } from "../../../src/core/swap.js";
import { messagesOf, waysOf } from "../../../src/engine/base/announcing.js";
import { createEngine, type Engine } from "../../../src/engine/base/context.js";
import { builder, journeys, stamped, statuses, swapIn } from "../../core/journeys.js";
import { createWorld, settings } from "../../simulation/world.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { who } from "../mail/asking.js";

const nightMs = Date.parse("2026-01-10T23:00Z");
const quiet = { from: "22:00", to: "07:00", zone: "UTC" };
const people = [who("ana", { quiet }), who("eva", { quiet, reach: ["telegram"] })];

function engine(): Engine {
	const deliveries = [
		createMemoryDelivery({ name: "slack", surface: "slack" }),
		createMemoryDelivery({ name: "telegram", surface: "telegram" }),
		createMemoryDelivery({ name: "page", can: { directMessage: false } }),
	];
	return createEngine(
		{ ...createWorld().enter(), deliveries },
		{ ...settings, authority: { ...openAuthority, people } },
	);
}

describe.each(statuses.filter((status) => status !== "drafting"))("a story that leads to %s", (status) => {
	const asking = engine();
	const pending: Swap = { ...swapIn("pending_approval"), proposer: builder, conversation: null };
	const asked = askedFirst(waysOf(asking), pending, nightMs) ?? [];
	const facts = stamped(journeys[status]).map((fact) => (fact.type === "submitted" ? { ...fact, asked } : fact));
	const [drafted, ...rest] = facts;
	const base = drafted === undefined ? swapIn("drafting") : { ...swapIn("drafting"), version: 1 };
	const messages = messagesOf(asking, { base, facts: rest, diff: "+ a line" });

	it("defers only what asks for approval, and only in direct messages", () => {
		expect(messages).not.toEqual([]);
		for (const { kind, place = "", notBeforeMs = null } of messages) {
			const direct = placeFrom(place).person !== null;
			expect(notBeforeMs !== null).toBe(direct);
			if (direct) expect(["approval", "notice"]).toContain(kind);
		}
	});

	it("has the deadman card in every channel's own conversation alone, at once", () => {
		const cards = messages.filter(({ kind }) => kind === "card" || kind === "promotion");
		expect(cards.filter(({ place = "", notBeforeMs = null }) => place !== "" || notBeforeMs !== null)).toEqual([]);
		const first = cards.slice(0, 3).map(({ channel }) => channel);
		if (cards.length > 0) expect(first.toSorted()).toEqual(["page", "slack", "telegram"]);
	});
});
