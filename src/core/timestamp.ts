// Wall-clock milliseconds as ISO 8601 in UTC, without a clock or the platform's Date.

const dayMs = 86_400_000;

/** `2027-01-15T08:00:00.000Z`, for times since 1970. */
export function isoTime(wallMs: number): string {
	const ms = Math.trunc(wallMs);
	const { year, month, day } = dateOf(Math.floor(ms / dayMs));
	const rest = ms % dayMs;
	const [hours, minutes, seconds] = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1_000) % 60].map(Math.floor);
	const clock = `${two(hours)}:${two(minutes)}:${two(seconds)}.${String(rest % 1_000).padStart(3, "0")}`;
	return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${clock}Z`;
}

function two(value = 0): string {
	return String(value).padStart(2, "0");
}

/** Counts from March, so that the leap day is the last of its year; 719,468 days lie between the first of March of year 0 and 1970. */
function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
	const sinceMarch = days + 719_468;
	const era = Math.floor(sinceMarch / 146_097);
	const dayOfEra = sinceMarch - era * 146_097;
	const yearOfEra = Math.floor(
		(dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
	);
	const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
	const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
	const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
	const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
	return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
