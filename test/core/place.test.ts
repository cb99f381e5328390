// A place and its text: the same place is the same text, and comes back as it was.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ownPlace, placeFrom, placeText } from "../../src/core/place.js";

const part = fc.option(fc.string(), { nil: null });

it("comes back as it was", () => {
	fc.assert(
		fc.property(part, part, part, (conversation, thread, person) => {
			const place = { conversation, thread, person };
			expect(placeFrom(placeText(place))).toEqual(place);
		}),
	);
});

it("the channel's own conversation is the empty text, as journals of before have it", () => {
	expect(placeText(ownPlace)).toBe("");
	expect(placeFrom("")).toEqual(ownPlace);
});

it("two places never share a text", () => {
	const places = [
		{ conversation: "a", thread: null, person: null },
		{ conversation: null, thread: "a", person: null },
		{ conversation: null, thread: null, person: "a" },
		{ conversation: "", thread: null, person: null },
	];
	expect(new Set(places.map(placeText)).size).toBe(places.length);
});
