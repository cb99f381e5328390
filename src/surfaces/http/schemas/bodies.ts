// The bodies and queries that the operator's socket accepts. Only shapes and limits; rules are the supervisor's.
import { z } from "zod";
import { limits } from "../../../core/limits.js";
import { hostTarget } from "../../../core/swap.js";
import { roles } from "../base/route.js";

const summary = z.string().max(limits.summaryCharacters).default("");

const fileSummaries = z
	.record(z.string().min(1).max(limits.pathBytes), z.string().max(limits.summaryCharacters))
	.default({});

const reason = z.string().max(limits.reasonCharacters).default("");

/** The submission that it is given for, as the card or the review names it; an approval names it from the second on. */
const epoch = z.number().int().min(0).nullable().default(null);

const name = z.string().min(1).max(200);

/** Whose change it is; left out: the host's, or that of the workspace. */
const target = name.optional();

/** Takes a tree that ended badly before: past the door only, its approver has to insist too. */
const insist = z.boolean().optional();

/** As the platform writes it. */
const platformId = z.string().regex(/^[\x21-\x7e]{1,200}$/);

/** Where the request came from; its own conversation of that channel where none is named. */
const conversation = z
	.strictObject({
		channel: name,
		conversation: platformId.nullable().default(null),
		thread: platformId.nullable().default(null),
	})
	.optional();

export const proposal = z.strictObject({
	revision: z.string().min(1).max(limits.pathBytes),
	summary,
	fileSummaries,
	target,
	conversation,
	insist,
});

export const submission = z.strictObject({ workspace: name, summary, fileSummaries, target, conversation, insist });

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
	/** The `sha256` of the review that was shown whole to who approves; left out: it was not, and the phrase is asked for. */
	seen: z
		.string()
		.regex(/^[0-9a-f]{64}$/)
		.nullable()
		.optional()
		.describe("The `sha256` of the review, where all of it was shown to who approves"),
});

export const reasoned = z.strictObject({ epoch, reason });

export const extension = z.strictObject({ epoch, byMs: z.number().int().min(1).max(limits.maxDurationMs) });

export const heartbeat = z.strictObject({ fatal: z.string().max(limits.summaryCharacters).nullable().default(null) });

/** A channel's name; null: each. */
export const notification = z.strictObject({ channel: name.nullable().default(null) });

/** Of a message that the program was given: where it stands now, or why it could not be delivered. */
export const mailAnswer = z.union([
	z.strictObject({ id: z.string().min(1).max(200), receipt: z.string().min(1).max(1_024) }),
	z.strictObject({
		id: z.string().min(1).max(200),
		error: z.string().max(limits.reasonCharacters),
		retryAfterMs: z.number().int().min(0).max(limits.maxDurationMs).nullable().default(null),
		gone: z.boolean().default(false),
	}),
]);

/** A click in the program's own chat, without a nonce: what it may say is little. */
export const relayedClick = z.strictObject({
	swapId: z.string().regex(/^sw_[a-z0-9]{6}$/),
	epoch: z.number().int().min(1).max(999_999_999),
	verdict: z.enum(["confirm", "rollback", "extend", "approve", "reject", "promote", "keep"]),
	/** The person in that chat. */
	actor: z.string().regex(/^[\w.@:+-]{1,64}$/),
	/** Of the chat's event: the same one again is the same click. */
	eventId: z.string().min(1).max(200).nullable().default(null),
});

export const nothing = z.strictObject({});

/** Longer waits are asked for again by the client. */
export const waitQuery = z.object({
	until: z
		.union([z.string(), z.array(z.string())])
		.default([])
		.transform((names) => [names].flat()),
	timeoutMs: z.coerce.number().int().min(0).max(limits.waitMs).default(30_000),
});
