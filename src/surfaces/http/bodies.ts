// The bodies and queries that the operator's socket accepts. Only shapes and limits; rules are the supervisor's.
import { z } from "zod";
import { limits } from "../../core/limits.js";
import { hostTarget } from "../../core/swap.js";
import { roles } from "./route.js";

const summary = z.string().max(limits.summaryCharacters).default("");

const fileSummaries = z
	.record(z.string().min(1).max(limits.pathBytes), z.string().max(limits.summaryCharacters))
	.default({});

const reason = z.string().max(limits.reasonCharacters).default("");

/** Of the card that was clicked; left out or null where the verb was typed. */
const epoch = z.number().int().min(0).nullable().default(null);

const name = z.string().min(1).max(200);

/** Whose change it is; left out: the host's, or that of the workspace. */
const target = name.optional();

/** Takes a tree that ended badly before: past the door only, its approver has to insist too. */
const insist = z.boolean().optional();

export const proposal = z.strictObject({
	revision: z.string().min(1).max(limits.pathBytes),
	summary,
	fileSummaries,
	target,
	insist,
});

export const submission = z.strictObject({ workspace: name, summary, fileSummaries, target, insist });

export const workspace = z.strictObject({
	name,
	target: name.default(hostTarget),
	kind: z.enum(["worktree", "clone"]).default("worktree"),
});

/** `name` is without its surface: the role says whether it is a builder's. */
export const token = z.strictObject({
	name,
	role: z.enum(roles),
	target: name.nullable().default(null),
});

export const decision = z.strictObject({ epoch });

/** `typed` is the phrase of a typed confirmation, for swaps that ask for one. */
export const approval = z.strictObject({
	epoch,
	insist: z.boolean().default(false),
	typed: z.string().max(200).nullable().default(null),
});

export const reasoned = z.strictObject({ epoch, reason });

export const extension = z.strictObject({ epoch, byMs: z.number().int().min(1).max(limits.maxDurationMs) });

export const heartbeat = z.strictObject({ fatal: z.string().max(limits.summaryCharacters).nullable().default(null) });

export const nothing = z.strictObject({});

/** Longer waits are asked for again by the client. */
export const waitQuery = z.object({
	until: z
		.union([z.string(), z.array(z.string())])
		.default([])
		.transform((names) => [names].flat()),
	timeoutMs: z.coerce.number().int().min(0).max(limits.waitMs).default(30_000),
});
