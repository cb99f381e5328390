// The configuration: data, never code. Owns its schema, its defaults and the JSON Schema for editors; reads no file.
import { z } from "zod";
import { limits } from "../core/limits.js";
import { type Refusal, refuse } from "../core/refusals.js";
import { builders } from "./builders.js";
import { delivery, deliveryProblems } from "./delivery.js";
import { http } from "./http.js";
import { install } from "./install.js";
import { introduction, routing } from "./routing.js";
import {
	command,
	database,
	deadman,
	duration,
	filesEntry,
	insidePath,
	noNul,
	program,
	type SharedPath,
	sharedPath,
} from "./shapes.js";
import { contradictions, lacksStop, neverWrite, patterns, people, policy, targets } from "./targets.js";

/** Tool servers, mounts and scripts, as the common agents name them. */
const defaultReach = [
	"**/.mcp.json",
	"**/mcp.json",
	"**/package.json",
	"**/package-lock.json",
	"**/Dockerfile*",
	"**/docker-compose*",
	"**/compose.y*ml",
	"**/.claude/settings*.json",
	"**/.codex/**",
	"**/mount*.json",
] as const;

/** Absolute, or relative to the repository's folder; no shell expands it. */
const folder = noNul.min(1).refine((path) => !path.startsWith("~"), "`~` is not expanded: name the whole path.");

const bounds = z.strictObject({
	timeout: duration.default(15 * 60_000),
	output: z
		.number()
		.int()
		.min(1_024)
		.max(1024 * 1024 * 1024)
		.default(limits.commandOutputBytes),
	/** Of the command's whole family. */
	processes: z.number().int().min(8).max(65_536).default(limits.confinedProcesses),
	memory: z
		.number()
		.int()
		.min(64 * 1024 * 1024)
		.default(limits.confinedMemoryBytes),
});

export const configSchema = z
	.strictObject({
		$schema: z.string().optional(),
		branch: noNul.min(1).default("main"),
		approval: z.enum(["required", "auto"]).default("required"),
		/** A sentence for every changed file, or only the summary. */
		summaries: z.enum(["per_file", "overall"]).default("per_file"),
		/** Nobody approved in this time: the proposal is rejected. */
		approvalExpiry: duration.default(limits.approvalMs),
		/** `in_place`: the program runs from the operator's own checkout, which is changed file by file. */
		activation: z.enum(["release", "in_place"]).default("release"),
		/** Build output that is swapped with an `in_place` checkout: folders that git ignores, such as dist and node_modules. */
		outputs: z.array(insidePath).default([]),
		/** `"tmp/"` or `{ "path", "kind" }` say what they are, which a path that lies nowhere yet has to. */
		shared: z.array(sharedPath).default([]),
		/** Paths that no swap may write. */
		neverWrite,
		migrations: patterns.default(["**/migrations/**", "**/migrate/**", "**/*.migration.*"]),
		/** The supervisor's own files: a change to them belongs to the host at least. */
		supervisor: patterns.default([".deadman/**", "deadman.config.*"]),
		/** What an agent may reach: tool servers, mounts, scripts. A change to them belongs to the host at least. */
		reach: patterns.default([...defaultReach]),
		targets,
		people,
		policy,
		/** Install, build and checks run in one: where the machine has it, always, or never. */
		sandbox: z.enum(["auto", "required", "off"]).default("auto"),
		/** Goes before the pointer; left out: where the pointer says, for a first start outside of the repository. */
		stateDir: folder.optional(),
		/** Left out: `.deadman/workspaces`, where a sandboxed builder can write. */
		workspaceDir: folder.optional(),
		deadman: deadman.prefault({}),
		databases: z.array(database).default([]),
		/** Folders that a rollback puts back as they were, like databases. */
		files: z.array(filesEntry).default([]),
		/** Left out: detected by the lock file (npm, pnpm, yarn). Null: none. The long form names what only the install sees. */
		install: install.optional(),
		build: command.default(null),
		checks: z.array(command).default([]),
		/** Limits of install, build and each check. */
		limits: bounds.prefault({}),
		retain: z
			.strictObject({
				releases: z.number().int().min(1).max(1_000).default(3),
				snapshots: z.number().int().min(1).max(1_000).default(3),
				/** Ended swaps whose objects stay, so that their diffs can be shown whole. */
				swaps: z.number().int().min(1).max(10_000).default(100),
				/** What rollbacks set aside, as long as either says so. Too little space deletes nothing before that. */
				discarded: z
					.strictObject({
						days: z.number().int().min(0).max(36_500).default(30),
						rollbacks: z.number().int().min(1).max(10_000).default(20),
					})
					.prefault({}),
				/** Of agents: errors, events and ended tasks, and agents that were silent, for so many days; and the newest errors of each. */
				agents: z
					.strictObject({
						days: z.number().int().min(1).max(3_650).default(30),
						errors: z.number().int().min(1).max(10_000).default(200),
					})
					.prefault({}),
			})
			.prefault({}),
		program,
		/** The door over TCP; null: none, only the socket. */
		http,
		/** How builders are told what became of their swaps. */
		builders,
		/** The channels to people. */
		delivery,
		/** Who is asked where, and what happens when nobody answers. */
		routing,
		introduction,
	})
	.superRefine((value, context) => {
		for (const { path, message } of contradictions(value)) context.addIssue({ code: "custom", path, message });
		if (lacksStop(value.program, value.databases.length + value.files.length)) {
			context.addIssue({
				code: "custom",
				path: ["program", "stop"],
				message: "Databases and files need a stop command.",
			});
		}
		if (value.outputs.length > 0 && value.activation !== "in_place") {
			context.addIssue({ code: "custom", path: ["outputs"], message: "Outputs belong to the activation in_place." });
		}
		const paths = value.databases.map((one) => one.path ?? one.name);
		if (new Set(paths).size !== paths.length) {
			context.addIssue({ code: "custom", path: ["databases"], message: "Each database once." });
		}
		for (const { path, message } of filesProblems(value)) context.addIssue({ code: "custom", path, message });
		const beside = { hasPeople: Object.keys(value.people).length > 0, hasHttp: value.http !== null };
		for (const { path, message } of deliveryProblems(value.delivery, beside)) {
			context.addIssue({ code: "custom", path, message });
		}
	});

interface WithFiles {
	readonly activation: "release" | "in_place";
	readonly shared: readonly SharedPath[];
	readonly databases: readonly { readonly path?: string | undefined }[];
	readonly files: readonly { readonly path: string }[];
}

/** What lies in a release goes with it, and what is named twice would be put back twice. */
function filesProblems({ activation, shared, databases, files }: WithFiles) {
	return files.flatMap(({ path }, index) => {
		const problem = (message: string) => [{ path: ["files", index, "path"], message }];
		if (files.findIndex((other) => other.path === path) !== index) return problem("Each folder once.");
		if (databases.some((database) => database.path === path)) return problem("It is a database already.");
		const isShared = shared.some((one) => path === one.path || path.startsWith(`${one.path}/`));
		if (activation === "release" && !isShared)
			return problem("It lies under no path of `shared`, so each version has one of its own.");
		return [];
	});
}

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
