// A swap as answers show it, as zod: with the keys of view.ts, in their order.
import { z } from "zod";
import { phases } from "../../../core/machine/phases.js";
import type {
	Cause,
	ChangedFile,
	CheckResult,
	Evidence,
	Flag,
	Outcome,
	Promotion,
	Shown,
	Status,
	TableCounts,
	Unshown,
} from "../../../core/swap.js";
import type { BlockedView, DeadmanView, SwapView } from "../../view.js";
import { count, shaped, strings, time } from "./names.js";

const status = shaped<Status>()("Status", z.enum(Object.keys(phases) as Status[]));

const content = z.object({ bytes: count, hash: z.string().describe("Of git: `git hash-object FILE`") });

const unshown = shaped<Unshown>()(
	"Unshown",
	z.object({
		why: z.enum(["binary", "too_large", "cut", "secret", "hidden_characters"]),
		before: content.nullable().describe("Null: it was not there"),
		after: content.nullable().describe("Null: it is deleted"),
	}),
);

const file = shaped<ChangedFile>()(
	"ChangedFile",
	z.object({
		path: z.string(),
		change: z.enum(["added", "modified", "deleted", "renamed", "retyped", "mode"]),
		from: z.string().nullable().describe("The old path of a rename"),
		summary: z.string().nullable().describe("The builder's sentence: untrusted text"),
		marks: z
			.array(z.string())
			.optional()
			.describe("What a reader would pass over, such as `executable` or `mixed_scripts`"),
		unshown: unshown.optional().describe("Left out: every changed byte stands in the review as text"),
	}) as z.ZodType<ChangedFile>,
);

const deadman = shaped<DeadmanView>()(
	"Deadman",
	z.object({
		startedAt: time,
		expiresAt: time,
		capAt: time.describe("It is never extended beyond"),
		remainingMs: z.number().describe("Milliseconds; 0 when no window runs"),
	}),
);

const cause = shaped<Cause>()(
	"Cause",
	z.object({
		code: z.string().describe("Stable"),
		message: z.string(),
		site: z.string().nullable(),
		log: strings.describe("The last lines of the log that shows it"),
	}),
);

const evidence = shaped<Evidence>()(
	"Evidence",
	z.object({
		release: z.string(),
		probe: z.string().describe("What was asked and what answered"),
		tiedBy: z.enum(["token", "header", "port", "process", "command"]).describe("Why the answer is that release's"),
		uptimeMs: z.number(),
		coldStartMs: z.number(),
	}),
);

const outcome = shaped<Outcome>()(
	"Outcome",
	z.object({
		verdict: z.enum(["finalized", "rolled_back", "rejected"]),
		by: z.string(),
		sentence: z.string(),
		evidence: evidence.nullable(),
	}),
);

export const tableCounts = shaped<TableCounts>()(
	"TableCounts",
	z.object({
		database: z.string(),
		table: z.string(),
		kind: z.literal("files").optional().describe("Of files: `database` is their folder, the counts are of files"),
		inserted: count,
		updated: count,
		deleted: count,
		replayed: count.nullable().describe("Rows put back so far; null when none was tried"),
		note: z.string().nullable().describe("Why rows could not be counted or put back"),
	}),
);

const flag = shaped<Flag>()(
	"Flag",
	z.object({
		kind: z.enum(["migration", "supervisor", "reach"]),
		path: z.string(),
		rule: z.string().describe("As it is configured"),
	}),
);

const check = shaped<CheckResult>()("Check", z.object({ command: z.string(), durationMs: z.number() }));

const promotion = shaped<Promotion>()(
	"Promotion",
	z.object({
		state: z.enum(["offered", "approved", "applied", "kept", "refused"]),
		paths: strings,
		by: z.string().nullable(),
		sentence: z.string().nullable(),
	}),
);

const shown = shaped<Shown>()(
	"Shown",
	z.object({
		tree: z.string(),
		sha256: z.string().describe("Over the whole diff"),
		bytes: count,
		files: count,
		whole: z.boolean().describe("False: something of the change cannot be read in the diff; its files say what"),
	}),
);

const blocked = shaped<BlockedView>()(
	"Blocked",
	z.object({ code: z.string().describe("Stable"), message: z.string(), since: time }),
);

export const swapView = shaped<SwapView>()(
	"Swap",
	z.object({
		id: z.string(),
		status,
		handshake: z.enum(["none", "pending_restart", "message1_sent", "confirmed", "rolled_back"]),
		classification: z.enum(["group", "host", "combined"]).nullable(),
		summary: z.string().nullable().describe("The builder's sentences: untrusted text"),
		files: z.array(file),
		tree: z.string().nullable().describe("The merged tree: what is reviewed and what is applied"),
		commit: z.string().nullable(),
		previousRelease: z.string().nullable(),
		candidateRelease: z.string().nullable(),
		deadman: deadman.nullable(),
		boots: count.describe("Starts of the candidate so far"),
		cause: cause.nullable(),
		outcome: outcome.nullable(),
		discarded: z.array(tableCounts).nullable().describe("What a rollback set aside, per table"),
		createdAt: time,
		updatedAt: time,
		target: z.string().describe("Whose change it is"),
		targets: strings.describe("What it touches, the host first"),
		flags: z.array(flag),
		approvals: strings.describe("Who has approved so far"),
		approvalExpiresAt: time.nullable(),
		phrase: z.string().nullable().describe("What has to be typed to approve; null where nothing has"),
		checks: z.array(check),
		promotion: promotion.nullable(),
		shown: shown.nullable().describe("What the approver was given to read"),
		knownBad: z.string().nullable().describe("The swap in which the same tree ended badly before"),
		proposer: z.string(),
		workspace: z.string().nullable(),
		epoch: count.describe("Of the newest submission: a decision that names it cannot hit a later one"),
		blockedBy: blocked.nullable().describe("What its step waits for; it is tried on until that has passed"),
	}),
);
