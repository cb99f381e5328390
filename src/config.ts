// The configuration: data, never code. Owns its schema, its defaults and the JSON Schema for editors; reads no file.
import { z } from "zod";
import { parseDuration } from "./core/duration.js";
import { limits } from "./core/limits.js";
import { isRefusal, type Refusal, refuse } from "./core/refusals.js";

/** "2m" → 120000. Refuses what has no unit, is zero, negative or absurd. */
const duration = z.string().transform((text, context) => {
	const ms = parseDuration(text);
	if (!isRefusal(ms)) return ms;
	context.addIssue({ code: "custom", message: `${ms.message} ${ms.next}` });
	return z.NEVER;
});

/** A deadman window, within its own limits. */
const deadmanWindow = duration.refine((ms) => ms >= limits.minWindowMs && ms <= limits.maxWindowMs, {
	message: "A deadman window lies between 1s and 24h.",
});

const noNul = z.string().refine((text) => !text.includes("\0"), { message: "It holds a NUL character." });

/** A string is run by the shell, an array is run as it is, null runs nothing. */
const command = z.union([noNul.min(1), z.array(noNul).min(1)]).nullable();

/** Relative, inside the repository, without `..`. */
const insidePath = noNul
	.min(1)
	.refine((path) => !path.startsWith("/") && !path.split("/").some((part) => ["", ".", ".."].includes(part)), {
		message: "A path here is relative, inside the repository, without `.`, `..` or a slash at its end.",
	});

const port = z.number().int().min(0).max(65_535);

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
		/** Time without progress after which a start has failed. */
		timeout: duration.default(30_000),
		minUptime: duration.default(1_000),
		interval: duration.default(1_000),
		/** A log line that matches counts as progress and extends the start, under the cap. */
		progressLine: z.string().min(1).optional(),
	})
	.superRefine((value, context) => {
		const ways = [value.http, value.tcp, value.command, value.logLine, value.report].filter((way) => way != null);
		if (ways.length > 1)
			context.addIssue({ code: "custom", message: "Name one of http, tcp, command, logLine and report." });
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

const database = z
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

const delivery = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("console") }),
	z.strictObject({ kind: z.literal("page"), port: port.default(0) }),
]);

const bounds = z.strictObject({
	timeout: duration.default(15 * 60_000),
	output: z
		.number()
		.int()
		.min(1_024)
		.max(1024 * 1024 * 1024)
		.default(limits.commandOutputBytes),
});

export const configSchema = z
	.strictObject({
		$schema: z.string().optional(),
		branch: noNul.min(1).default("main"),
		approval: z.enum(["required", "auto"]).default("required"),
		shared: z.array(insidePath).default([]),
		/** Elsewhere than `.deadman` in the repository's folder; safer where builders share the user. */
		stateDir: noNul.min(1).optional(),
		deadman: z
			.strictObject({
				initial: deadmanWindow.default(120_000),
				afterDelivery: deadmanWindow.default(120_000),
				cap: deadmanWindow.default(600_000),
			})
			.refine((value) => value.cap >= value.initial, { message: "The cap is below the first window." })
			.prefault({}),
		databases: z.array(database).default([]),
		/** Left out: detected by the lock file (npm, pnpm, yarn). Null: none. */
		install: command.optional(),
		build: command.default(null),
		checks: z.array(command).default([]),
		/** Limits of install, build and each check. */
		limits: bounds.prefault({}),
		retain: z
			.strictObject({
				releases: z.number().int().min(1).max(1_000).default(3),
				snapshots: z.number().int().min(1).max(1_000).default(3),
			})
			.prefault({}),
		program: z
			.strictObject({
				command,
				env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), noNul).default({}),
				/** Environment variables of the supervisor that are passed on; PATH, HOME, LANG, TZ and USER always are. */
				passEnv: z.array(z.string()).default([]),
				stopGrace: duration.default(5_000),
				restart: z.enum(["program", "exit"]).default("program"),
				readiness: readiness.prefault({}),
				/** Longest silence between heartbeats in probation; null: none are expected. */
				heartbeat: duration.nullable().default(null),
			})
			.refine((value) => value.command !== null || value.readiness.logLine === undefined, {
				message: "logLine needs a command.",
			}),
		delivery: z.array(delivery).default([{ kind: "console" }]),
	})
	.superRefine((value, context) => {
		const paths = value.databases.map((one) => one.path ?? one.name);
		if (new Set(paths).size !== paths.length) {
			context.addIssue({ code: "custom", path: ["databases"], message: "Each database once." });
		}
		const kinds = value.delivery.map((channel) => channel.kind);
		if (new Set(kinds).size !== kinds.length) {
			context.addIssue({ code: "custom", path: ["delivery"], message: "Each kind of delivery once." });
		}
	});

/** As an operator writes it. */
export type Config = z.input<typeof configSchema>;

/** As the code reads it: defaults filled in, durations in milliseconds. */
export type Settings = z.output<typeof configSchema>;

/** Unknown keys, wrong units and contradictions are refused, every problem named. */
export function parseConfig(value: unknown, path: string): Settings | Refusal {
	const result = configSchema.safeParse(value);
	if (result.success) return result.data;
	return refuse("config_invalid", { path, problems: problemsOf(result.error) });
}

export function problemsOf(error: z.ZodError): string {
	return error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`).join("; ");
}

/** For editors; `deadman init` writes it beside the configuration. */
export function configJsonSchema(): unknown {
	return z.toJSONSchema(configSchema, { io: "input" });
}
