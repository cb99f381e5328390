// Quiet hours end when the clock on the person's wall says so: over midnight, in zones of odd offsets, and where summer time begins or ends.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { QuietHours } from "../../../src/core/people/people.js";
import { quietUntilMs } from "../../../src/core/people/quiet-hours.js";

const ms = (iso: string) => Date.parse(iso);
const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString().replace(":00.000Z", "Z"));

function quiet(hours: string, zone = "UTC"): QuietHours {
	const [from = "", to = ""] = hours.split("-");
	return { from, to, zone };
}

const summer = "2026-03-29";
const winter = "2026-10-25";

const table: readonly (readonly [why: string, hours: QuietHours | null, now: string, until: string | null])[] = [
	["nobody said any", null, "2026-01-10T03:00Z", null],
	["before they begin", quiet("22:00-07:00"), "2026-01-10T21:59Z", null],
	["the minute they begin", quiet("22:00-07:00"), "2026-01-10T22:00Z", "2026-01-11T07:00Z"],
	["after midnight", quiet("22:00-07:00"), "2026-01-11T00:30Z", "2026-01-11T07:00Z"],
	["the last minute", quiet("22:00-07:00"), "2026-01-11T06:59Z", "2026-01-11T07:00Z"],
	["the minute they end", quiet("22:00-07:00"), "2026-01-11T07:00Z", null],
	["within one day", quiet("12:00-13:30"), "2026-01-11T12:45Z", "2026-01-11T13:30Z"],
	["within one day, at night", quiet("12:00-13:30"), "2026-01-11T02:45Z", null],
	["the same time twice is no time", quiet("08:00-08:00"), "2026-01-11T08:00Z", null],
	["almost the whole day", quiet("07:10-07:03"), "2026-01-11T12:00Z", "2026-01-12T07:03Z"],
	["another zone", quiet("22:00-07:00", "Asia/Tokyo"), "2026-01-11T14:00Z", "2026-01-11T22:00Z"],
	["an offset of 45 minutes", quiet("22:00-07:00", "Asia/Kathmandu"), "2026-01-11T16:15Z", "2026-01-12T01:15Z"],
	["summer time begins meanwhile", quiet("22:00-07:00", "Europe/Berlin"), "2026-03-28T22:00Z", `${summer}T05:00Z`],
	["summer time ends meanwhile", quiet("22:00-07:00", "Europe/Berlin"), "2026-10-24T21:00Z", `${winter}T06:00Z`],
	[
		"the end falls into the hour left out",
		quiet("22:00-02:30", "Europe/Berlin"),
		"2026-03-28T22:00Z",
		`${summer}T01:00Z`,
	],
	["the end comes twice: the first", quiet("22:00-02:30", "Europe/Berlin"), "2026-10-24T22:00Z", `${winter}T00:30Z`],
	["the end comes twice: the second", quiet("22:00-02:30", "Europe/Berlin"), `${winter}T01:00Z`, `${winter}T01:30Z`],
	["its one free minute is left out", quiet("02:31-02:30", "Europe/Berlin"), "2026-03-28T12:00Z", "2026-03-30T00:30Z"],
	[
		"half an hour of summer time",
		quiet("22:00-07:00", "Australia/Lord_Howe"),
		"2026-04-04T12:00Z",
		"2026-04-04T20:30Z",
	],
	["across New York's change", quiet("21:00-06:00", "America/New_York"), "2026-03-08T05:00Z", "2026-03-08T10:00Z"],
];

describe("quiet hours", () => {
	it.each(table)("%s", (_, hours, now, until) => {
		expect(iso(quietUntilMs(hours, ms(now)))).toBe(until);
	});

	it("end at a whole minute, whatever second it is", () => {
		expect(iso(quietUntilMs(quiet("22:00-07:00"), ms("2026-01-11T06:59:59.999Z")))).toBe("2026-01-11T07:00Z");
		expect(quietUntilMs(quiet("22:00-07:00"), ms("2026-01-11T07:00:00.001Z"))).toBeNull();
	});

	it("end at the first minute that the person's wall clock calls free", () => {
		const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
		const zone = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC");
		const around = fc.constantFrom(`${summer}T01:00Z`, `${winter}T01:00Z`, "2026-03-08T07:00Z", "2026-04-04T15:00Z");
		const moment = fc.tuple(around, fc.integer({ min: -1_440, max: 1_440 }));
		fc.assert(
			fc.property(time, time, zone, moment, (from, to, zone, [day, minutes]) => {
				const text = ([hours, minutes]: readonly [number, number]) =>
					`${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
				const hours = { from: text(from), to: text(to), zone };
				const nowMs = ms(day) + minutes * 60_000;
				expect(quietUntilMs(hours, nowMs)).toBe(minuteByMinute(hours, nowMs));
			}),
			{ numRuns: 60 },
		);
	});
});

/** Slow, and by another way: texts are compared. */
function minuteByMinute({ from, to, zone }: QuietHours, nowMs: number): number | null {
	const wall = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
	const isFree = (atMs: number) => {
		const time = wall.format(atMs);
		return from <= to ? time < from || time >= to : time < from && time >= to;
	};
	let atMs = nowMs;
	while (!isFree(atMs) && atMs < nowMs + 3 * 86_400_000) atMs += 60_000;
	return atMs === nowMs ? null : atMs;
}
