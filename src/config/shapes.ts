// The pieces that the configuration is made of: durations, paths, commands, probes, programs, databases. Owns no top-level key.
import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { limits } from "../core/limits.js";
import { isRefusal } from "../core/refusals.js";
import { compileGlob } from "../core/rules/glob.js";
import { parseRange } from "../core/rules/version-range.js";

/** "2m" → 120000. Refuses what has no unit, is zero, negative or absurd. */
export const duration = z.string().transform((text, context) => {
	const ms = parseDuration(text);
	if (!isRefusal(ms)) return ms;
	context.addIssue({ code: "custom", message: `${ms.message} ${ms.next}` });
	return z.NEVER;
});

/** A deadman window, within its own limits. */
export const deadmanWindow = duration.refine((ms) => ms >= limits.minWindowMs && ms <= limits.maxWindowMs, {
	message: "A deadman window lies between 1s and 24h.",
});

export const noNul = z.string().refine((text) => !text.includes("\0"), { message: "It holds a NUL character." });

/** A string is run by the shell, an array is run as it is, null runs nothing. */
export const command = z.union([noNul.min(1), z.array(noNul).min(1)]).nullable();

/** Relative, inside the repository, without `..`. */
export const insidePath = noNul
	.min(1)
	.refine((path) => !path.startsWith("/") && !path.split("/").some((part) => ["", ".", ".."].includes(part)), {
		message: "A path here is relative, inside the repository, without `.`, `..` or a slash at its end.",
	});

const inside = (path: string) => insidePath.safeParse(path).success;

/**
 * A path that all releases share. A slash at its end says that it is a folder, the long form says either; a plain string is what lies there, and null
 * here. Nothing is guessed from a name.
 */
export const sharedPath = z
	.union([
		noNul.min(1).refine((path) => inside(path.replace(/\/$/, "")), {
			message:
				"A shared path is relative, inside the repository, without `.` or `..`; a slash at its end says that it is a folder.",
		}),
		z.strictObject({ path: insidePath, kind: z.enum(["file", "folder"]) }),
	])
	.transform((given): SharedPath => {
		if (typeof given !== "string") return given;
		return given.endsWith("/") ? { path: given.slice(0, -1), kind: "folder" } : { path: given, kind: null };
	});

export interface SharedPath {
	readonly path: string;
	/** Null: not said. */
	readonly kind: "file" | "folder" | null;
}

export const port = z.number().int().min(0).max(65_535);

const httpUrl = z.url({ protocol: /^https?$/ });

const readiness = z
	.strictObject({
		http: httpUrl.optional(),
		tcp: z
			.string()
			.regex(/^[^\s:]+:\d{1,5}$/, { message: 'Write host:port, such as "127.0.0.1:3000".' })
			.optional(),
		command: command.optional(),
		logLine: z.string().min(1).optional(),
		/** The program calls `ready()` of deadman/client. */
		report: z.literal(true).optional(),
		/** The program reports `agent_ready` to the gateway, once its channel has connected. */
		agentReady: z.literal(true).optional(),
		/** Time without progress after which a start has failed. */
		timeout: duration.default(30_000),
		minUptime: duration.default(1_000),
		interval: duration.default(1_000),
		/** A log line that matches counts as progress and extends the start, under the cap. */
		progressLine: z.string().min(1).optional(),
	})
	.superRefine((value, context) => {
		const { http, tcp, command, logLine, report, agentReady } = value;
		if ([http, tcp, command, logLine, report, agentReady].filter((way) => way != null).length > 1)
			context.addIssue({ code: "custom", message: "Name one of http, tcp, command, logLine, report and agentReady." });
		for (const pattern of [value.logLine, value.progressLine]) {
			if (pattern !== undefined && !isPattern(pattern)) {
				context.addIssue({ code: "custom", message: `${JSON.stringify(pattern)} is no regular expression.` });
			}
		}
	});

function isPattern(text: string): boolean {
	try {
		new RegExp(text);
		return true;
	} catch {
		return false;
	}
}

export const database = z
	.strictObject({
		path: insidePath.optional(),
		/** Hooks for a database that is not SQLite; they get DEADMAN_SNAPSHOT_DIR. */
		name: z
			.string()
			.regex(/^[\w-]{1,40}$/)
			.optional(),
		snapshot: command.optional(),
		restore: command.optional(),
		policy: z.enum(["restore", "keep", "replay"]).default("restore"),
	})
	.superRefine((value, context) => {
		const hooks = value.snapshot != null && value.restore != null && value.name !== undefined;
		if ((value.path !== undefined) === hooks) {
			context.addIssue({
				code: "custom",
				message: "Give either path (SQLite), or name, snapshot and restore (hooks).",
			});
		}
		if (hooks && value.policy === "replay") {
			context.addIssue({ code: "custom", message: "The policy replay needs SQLite." });
		}
	});

function isGlob(pattern: string): boolean {
	try {
		compileGlob(pattern);
		return true;
	} catch {
		return false;
	}
}

/** A folder of files that the program writes beside its databases. */
export const filesEntry = z.strictObject({
	path: insidePath,
	policy: z.enum(["restore", "keep"]).default("restore"),
	/** Globs over paths below it: neither copied nor put back. */
	exclude: z.array(noNul.min(1).max(512).refine(isGlob, { message: "Its braces make too many patterns." })).default([]),
});

/** Whether somebody else runs it, and a command restarts it: neither we do, nor a manager that respawns us. */
export function isManaged({ restart }: { readonly restart: string | readonly string[] }): boolean {
	return restart !== "program" && restart !== "exit";
}

/** A path has a slash in it; anything else is a range of versions, as npm writes them. */
const programNode = noNul.min(1).refine((text) => text.includes("/") || parseRange(text) !== null, {
	message: 'Write a path to a node, or versions such as "22", ">=20.19 <23" or "lts/jod".',
});

export const program = z
	.strictObject({
		command,
		env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), noNul).default({}),
		/** Environment variables of the supervisor that are passed on; PATH, HOME, LANG, TZ and USER always are. */
		passEnv: z.array(z.string()).default([]),
		/** The Node that it, install, build and checks run under: a path, or a range of versions. Left out: the supervisor's own. */
		node: programNode.optional(),
		/** How long it may take to end after the signal; then it is killed. */
		stopGrace: duration.default(5_000),
		stopSignal: z.enum(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"]).default("SIGTERM"),
		/** `leader`: the process that was started ends its children itself; whoever is left after it gets the signal then. */
		stopOrder: z.enum(["group", "leader"]).default("group"),
		/** A command restarts what somebody else runs; `stop` stops it before, which databases need. */
		restart: z.union([z.enum(["program", "exit"]), command.unwrap()]).default("program"),
		stop: command.default(null),
		readiness: readiness.prefault({}),
		/** Longest silence between heartbeats in probation; null: none are expected. */
		heartbeat: duration.nullable().default(null),
	})
	.superRefine((value, context) => {
		const restarts = isManaged(value);
		const object = (message: string) => context.addIssue({ code: "custom", message });
		if (value.command === null && value.readiness.logLine !== undefined) object("logLine needs a command.");
		if (restarts && value.command !== null)
			object("With a command as restart, command is null: somebody else runs it.");
		if (restarts && (value.readiness.report === true || value.readiness.agentReady === true))
			object("report and agentReady need a token, which only a program of ours is given.");
		if (!restarts && value.stop !== null) object("stop belongs to a restart that is a command.");
	});

export type ProgramSettings = z.output<typeof program>;

export const deadman = z
	.strictObject({
		initial: deadmanWindow.default(120_000),
		afterDelivery: deadmanWindow.default(120_000),
		cap: deadmanWindow.default(600_000),
	})
	.refine((value) => value.cap >= value.initial, { message: "The cap is below the first window." });
