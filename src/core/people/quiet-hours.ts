// When a person is not to be asked: hours of the day in a time zone, over midnight and with its summer time. Reads no clock.
import type { QuietHours } from "./people.js";

const minuteMs = 60_000;
/** No zone changes its offset within one. */
const quarterMs = 15 * minuteMs;
/** A free minute may fall into the hour that summer time leaves out: then the next day has one. */
const searchedMs = 3 * 24 * 60 * minuteMs;

/** The first minute that is not quiet any more, in wall-clock milliseconds; null: it is not quiet now. Without an end where both times are the same. */
export function quietUntilMs(quiet: QuietHours | null, nowMs: number): number | null {
	if (quiet === null) return null;
	const thisMinuteMs = Math.floor(nowMs / minuteMs) * minuteMs;
	const minuteOfDay = minutesIn(quiet.zone);
	for (let atMs = thisMinuteMs; atMs < nowMs + searchedMs; ) {
		const first = minuteOfDay(atMs);
		const nextQuarterMs = Math.floor(atMs / quarterMs) * quarterMs + quarterMs;
		for (let minute = first; atMs < nextQuarterMs; minute += 1, atMs += minuteMs) {
			if (!isQuiet(quiet, minute % minutesOfDay)) return atMs > nowMs ? atMs : null;
		}
	}
	return null;
}

const minutesOfDay = 24 * 60;

function isQuiet({ from, to }: QuietHours, minute: number): boolean {
	const [begin, end] = [minutesOf(from), minutesOf(to)];
	return begin <= end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

/** Of `HH:MM`. */
function minutesOf(time: string): number {
	const [hours = 0, minutes = 0] = time.split(":").map(Number);
	return hours * 60 + minutes;
}

function minutesIn(zone: string): (atMs: number) => number {
	const format = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone,
		hourCycle: "h23",
		hour: "2-digit",
		minute: "2-digit",
	});
	return (atMs) => minutesOf(format.format(atMs));
}
