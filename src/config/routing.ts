// The keys `routing` and `introduction`, and where and when a person is asked. Owns no channel.
import { z } from "zod";
import { surfaces } from "./delivery.js";
import { duration, noNul } from "./shapes.js";

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { message: 'Write a time of day, such as "22:00".' });

/** Where a person is asked first, and when not. */
export const reach = z.array(z.enum(surfaces)).default([]);
export const quiet = z
	.strictObject({
		from: clockTime,
		to: clockTime,
		/** IANA name, such as Europe/Berlin. */
		zone: z.string().refine(isZone, { message: "It is no time zone, such as Europe/Berlin." }).default("UTC"),
	})
	.nullable()
	.default(null);

export const routing = z
	.strictObject({
		/** An approver's next surface is tried where the one before could not be reached in this time. */
		fallbackAfter: duration.default(120_000),
		/** Nobody decided in this time: `escalateTo` is asked as well. Null: never. */
		escalateAfter: duration.nullable().default(null),
		/** Roles or names of people. */
		escalateTo: z.array(z.string().min(1)).min(1).default(["owner"]),
	})
	.prefault({});

/** The first message of an installation, sent once. Null: none. */
export const introduction = z
	.strictObject({
		text: noNul.min(1).max(2_000),
		/** The variable that holds a link to show below it. */
		linkEnv: z
			.string()
			.regex(/^[A-Za-z_]\w*$/)
			.optional(),
	})
	.nullable()
	.default(null);

function isZone(zone: string): boolean {
	try {
		return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
	} catch {
		return false;
	}
}
