// Durations are parsed once, at the door: "250ms", "30s", "2m", "1.5h". Zero, negative and absurd ones are refused (F29).
import { limits } from "./limits.js";
import { type Refusal, refuse } from "./refusals.js";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const shape = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** Whole milliseconds, or a refusal that shows the form. A bare number is refused: it has no unit. */
export function parseDuration(text: string): number | Refusal {
	const match = shape.exec(text.trim());
	const [, amount, unit] = match ?? [];
	if (amount === undefined || unit === undefined) {
		return refuse("duration_malformed", { text: JSON.stringify(text.slice(0, 40)) });
	}
	const ms = Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs]);
	if (ms < limits.minDurationMs || ms > limits.maxDurationMs) {
		return refuse("duration_out_of_range", { text: JSON.stringify(text) });
	}
	return ms;
}

/** "1m 30s", "900ms": for people. */
export function formatDuration(ms: number): string {
	if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
	const totalSeconds = Math.round(ms / 1_000);
	const parts = [
		[Math.floor(totalSeconds / 3_600), "h"],
		[Math.floor((totalSeconds % 3_600) / 60), "m"],
		[totalSeconds % 60, "s"],
	] as const;
	return parts
		.filter(([amount]) => amount > 0)
		.map(([amount, unit]) => `${amount}${unit}`)
		.join(" ");
}

/** "1 min 30 s". */
export function spokenTime(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1_000));
	const minutes = Math.floor(seconds / 60);
	const parts = [minutes > 0 ? `${minutes} min` : "", seconds % 60 > 0 ? `${seconds % 60} s` : ""];
	return parts.filter((part) => part !== "").join(" ");
}
