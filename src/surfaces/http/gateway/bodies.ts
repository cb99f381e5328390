// What programs of other systems send, as zod. Keys that a row does not know are left out; limits are counted before anything is redacted.
import { z } from "zod";
import { reportedStatuses } from "../../../core/agents/agent.js";
import { limits } from "../../../core/limits.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const json = z.unknown() as unknown as z.ZodType<Json>;

/** As JSON, at most so many characters. */
function serialised(most: number) {
	return json.refine((value) => JSON.stringify(value).length <= most, {
		message: `It has more than ${most} characters as JSON`,
	});
}

const profile = serialised(limits.agentProfileCharacters);

const context = z
	.record(z.string(), json)
	.refine((value) => JSON.stringify(value).length <= limits.agentContextCharacters, {
		message: `It has more than ${limits.agentContextCharacters} characters as JSON`,
	})
	.optional();

const message = z.string().max(limits.agentMessageCharacters);
const id = z.string().min(1).max(200);

export const heartbeat = z.object({
	status: z.enum(reportedStatuses),
	capabilities: profile.optional(),
	deviceInfo: profile.optional(),
	currentTask: z
		.object({ taskId: id, progress: z.number().min(0).optional() })
		.nullable()
		.optional(),
	error: z
		.object({ severity: z.enum(["warning", "fatal"]), message: message.default(""), context })
		.nullable()
		.optional(),
});

export const agentError = z.object({
	severity: z.enum(["warning", "error", "fatal"]),
	message: message.min(1),
	context,
	taskId: id.nullable().optional(),
});

export const taskMoved = z.object({ message: message.nullable().default(null) });

/** Exactly this: whose milestone it is, is known by who says it. */
export const agentReady = z.strictObject({ transport: z.string().trim().min(1).max(200) });
export const firstMessageSent = z.strictObject({ slack_message_ts: z.string().trim().min(1).max(200) });

const workspaceId = z.string().regex(/^[\x21-\x7e]{1,200}$/, { message: "Use 1 to 200 printable ASCII characters" });

export const registration = z
	.object({
		workspace_id: workspaceId.optional(),
		id: workspaceId.optional(),
		runtime: z.string().min(1).max(100).default("external"),
	})
	.refine((value) => value.workspace_id !== undefined || value.id !== undefined, {
		path: ["workspace_id"],
		message: "It is missing",
	});

const figure = z.number().min(0).nullable().default(null);
const text = z.string().max(limits.agentMessageCharacters).nullable().default(null);

export const workspaceHeartbeat = z.object({
	workspace_id: workspaceId,
	error_rate: figure,
	sample_error: text,
	active_tasks: z.number().int().min(0).max(1_000_000_000).nullable().default(null),
	uptime_seconds: figure,
	current_task: text,
});

export const acknowledged = z.object({ acknowledged: z.literal(true) });
export const heard = acknowledged.extend({ hasHighPriorityTasks: z.literal(true).optional() });

export const task = z.object({
	id: z.string(),
	title: z.string(),
	status: z.enum(["pending", "assigned", "running", "completed", "failed"]),
	priority: z.enum(["normal", "high"]),
	retries: z.number().int(),
	progress: z.number().nullable(),
	message: z.string().nullable(),
});

export const oneTask = z.object({ task });
export const tasks = z.object({ tasks: z.array(task) });

export const registered = z.object({
	status: z.literal("registered"),
	workspace_id: z.string(),
	auth_token: z.string().describe("Shown this once; bound to the run that registered"),
	platform_inbound_secret: z.string().describe("Shown this once"),
});

export const ok = z.object({ status: z.literal("ok") });

export const activity = z.object({
	workspace_id: z.string(),
	status: z.enum(["online", "awaiting_agent"]),
	runtime: z.string(),
	last_heartbeat_at: z.iso.datetime(),
	error_rate: z.number().nullable(),
	sample_error: z.string().nullable(),
	active_tasks: z.number().nullable(),
	uptime_seconds: z.number().nullable(),
	current_task: z.string().nullable(),
	activity: z.array(
		z.object({ type: z.literal("error"), severity: z.string(), message: z.string(), at: z.iso.datetime() }),
	),
});
