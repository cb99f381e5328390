// The Chat SDK's logger over ours: its warnings and errors, without the payloads that it likes to print, and each of them once a minute at
// most. The destination scrubs.
import type { Logger } from "chat";
import { createRate } from "../../../core/rate.js";
import { printableLine } from "../../../core/rules/printable.js";
import { shortened } from "../../../core/rules/untrusted.js";
import type { Log } from "../../../ports/ports.js";

const KNOWN = 200;
const CHARACTERS = 300;

export interface SdkLogOptions {
	/** Of the channel, as configured. */
	readonly channel: string;
	readonly log: Log;
	/** Wall-clock milliseconds. */
	readonly now?: () => number;
}

export function createSdkLog({ channel, log, now = Date.now }: SdkLogOptions): Logger {
	/** A channel whose service is down says the same thing all the time. */
	const rate = createRate({ perMinute: 1, nowMs: now, names: KNOWN });
	const at =
		(level: "warn" | "error", prefix: string) =>
		(message: string, ...details: readonly unknown[]) => {
			const says = line(`${prefix}${message}`);
			const why = details.map(reasonIn).find((reason) => reason !== null) ?? null;
			if (rate.take(`${says} ${why}`) === 0) log[level]("chat.sdk", { channel, says, why });
		};
	const withPrefix = (prefix: string): Logger => ({
		child: (name) => withPrefix(`${prefix}${name}: `),
		debug: () => {},
		info: () => {},
		warn: at("warn", prefix),
		error: at("error", prefix),
	});
	return withPrefix("");
}

/** What went wrong, and nothing of what was sent. */
function reasonIn(detail: unknown): string | null {
	if (detail instanceof Error) return line(detail.message);
	if (typeof detail === "string") return line(detail);
	if (typeof detail !== "object" || detail === null) return null;
	const { error, message, status, reason } = detail as Record<string, unknown>;
	return [error, message, reason, status].map(textIn).find((text) => text !== null) ?? null;
}

function textIn(value: unknown): string | null {
	if (typeof value === "number") return String(value);
	if (typeof value === "object" && value !== null) {
		const { message } = value as { message?: unknown };
		return typeof message === "string" ? line(message) : null;
	}
	return typeof value === "string" ? line(value) : null;
}

function line(text: string): string {
	return shortened(printableLine(text), CHARACTERS);
}
