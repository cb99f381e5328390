// What answers look like, as zod: the OpenAPI document is made of these, and the tests hold every answer against them.
import { z } from "zod";
import { surfaces } from "../../../config/delivery.js";
import type { Actor } from "../../../core/swap.js";
import type { Workspace } from "../../../ports/ports.js";
import type { AuditView, FactView } from "../../view.js";
import { count, named, shaped, strings, time } from "./names.js";
import type { ReviewView } from "./review.js";
import { swapView, tableCounts } from "./swap.js";

export { status } from "./status-schemas.js";
export { swapView } from "./swap.js";

export const swap = z.object({ swap: swapView });
export const swaps = z.object({ swaps: z.array(swapView) });
export const data = z.array(tableCounts);

const actor = shaped<Actor>()("Actor", z.object({ surface: z.enum(surfaces), id: z.string() }));

/** Loose: each type has keys of its own. */
const factView = named(
	"Fact",
	z.looseObject({ type: z.string(), at: time, atMs: z.number().describe("Milliseconds since the epoch") }),
) as unknown as z.ZodType<FactView, FactView>;

export const facts = z.array(factView);

const auditView = shaped<AuditView>()(
	"Audit",
	z.object({
		at: time,
		atMs: z.number(),
		swapId: z.string().nullable(),
		by: actor,
		verb: z.string(),
		code: z.string(),
		message: z.string(),
		shown: z.string().nullable().describe("The epoch of the card that was clicked, or the tree that was proposed"),
	}),
);

export const audits = z.array(auditView);

export const review = shaped<ReviewView>()(
	"Review",
	z.object({
		swapId: z.string(),
		epoch: count,
		tree: z.string(),
		sha256: z.string().describe("Over the whole diff"),
		bytes: count,
		phrase: z.string().describe("What is typed to approve it, where a phrase is asked for"),
		intro: z.string(),
		files: strings.describe("Messages, each with as many files as fit"),
		pieces: strings.describe("Pieces of the diff"),
		whole: z.boolean().describe("False where something was left out"),
	}),
);

export const workspace = shaped<Workspace>()(
	"Workspace",
	z.object({
		name: z.string(),
		target: z.string(),
		kind: z.enum(["worktree", "clone"]),
		owner: z.string().nullable().optional().describe("The builder that it was made for; null: nobody's in particular"),
		path: z.string(),
		branch: z.string(),
		start: z.string().describe("The commit that it was made from"),
		head: z.string(),
		frozen: z.boolean(),
	}),
);

/** RFC 9457, with the same stable error beside it that the command line prints. */
export const problem = named(
	"Problem",
	z.object({
		type: z.string().describe("`urn:deadman:<code>`"),
		title: z.string(),
		status: z.number().int(),
		detail: z.string(),
		schemaVersion: z.literal(1),
		error: z.object({ code: z.string(), message: z.string(), next: z.string().describe("What to do about it") }),
	}),
);
