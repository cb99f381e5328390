// Wall-clock milliseconds as ISO 8601: the same as the platform writes them, leap days included.
import { expect, it } from "vitest";
import { isoTime } from "../../src/core/timestamp.js";

const dayMs = 86_400_000;

it.each([0, 1, 951_782_399_999, 951_782_400_000, 1_709_164_800_000, 4_107_542_399_999, 253_402_300_799_999])(
	"%d",
	(wallMs) => expect(isoTime(wallMs)).toBe(new Date(wallMs).toISOString()),
);

it("of every day of two centuries", () => {
	const wrong = Array.from({ length: 73_000 }, (_, day) => day * dayMs + ((day * 7_919) % dayMs)).filter(
		(wallMs) => isoTime(wallMs) !== new Date(wallMs).toISOString(),
	);
	expect(wrong).toEqual([]);
});

it("of parts of a millisecond leaves them away", () => {
	expect(isoTime(1_800_000_000_000.75)).toBe("2027-01-15T08:00:00.000Z");
});
