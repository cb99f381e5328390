// The structured log: one JSON object a line, on stderr. Secrets go twice: by key from the details, by value and shape from the finished line.
import { type DestinationStream, pino } from "pino";
import { redactKeys } from "../../core/rules/redact.js";
import type { Log, Scrub } from "../../ports/ports.js";

const DETAIL_DEPTH = 8;
const STDERR = 2;
const levels = new Set([...Object.values(pino.levels.labels), "silent"]);

export interface LogOptions {
	/** One of pino's levels, or "silent"; an unknown one counts as "info". */
	readonly level: string;
	readonly scrub: Scrub;
	/** Default: stderr. Gets whole lines, already scrubbed. */
	readonly destination?: DestinationStream;
}

export function createLog(options: LogOptions): Log {
	const destination = options.destination ?? stderr();
	const scrubbed = { write: (line: string) => destination.write(options.scrub(line)) };
	const logger = pino(
		{
			level: levels.has(options.level) ? options.level : "info",
			base: { supervisor: process.pid },
			messageKey: "event",
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }), log: (details) => redactDetails(details) },
		},
		scrubbed,
	);
	return {
		info: (event, details = {}) => logger.info(details, event),
		warn: (event, details = {}) => logger.warn(details, event),
		error: (event, details = {}) => logger.error(details, event),
	};
}

/**
 * Written asynchronously: a reader that stalls must not hold the event loop. What is pending is flushed at exit. Lines that cannot be written, as
 * into a file on a full disk, are lost: they must not end the supervisor, which may be about to free that disk.
 */
function stderr(): DestinationStream {
	const destination = pino.destination({ fd: STDERR, sync: false, maxLength: 4 * 1024 * 1024 });
	destination.on("error", () => {});
	const flush = destination.flushSync.bind(destination);
	destination.flushSync = () => {
		try {
			flush();
		} catch {
			// Called at the exit, whose code must not change by it.
		}
	};
	return destination;
}

function redactDetails(details: Record<string, unknown>): Record<string, unknown> {
	return redactKeys(details, DETAIL_DEPTH) as Record<string, unknown>;
}
