// A token as answers show it, as zod and as made from the engine's record. The secret is no part of it.
import { z } from "zod";
import type { TokenRecord } from "../../../engine/verbs/tokens.js";
import { isoOf } from "../../view.js";
import { roles } from "../base/route.js";

const time = z.iso.datetime();

export const tokenView = z.object({
	id: z.string().describe("`tk_` and six letters or digits"),
	name: z.string().describe("Whom it speaks for: `builder:claude` or `api:ana`"),
	role: z.enum(roles),
	target: z.string().nullable().describe("The one target that it is bound to; null: any"),
	createdAt: time,
	revokedAt: time.nullable().describe("Null while it is in force"),
});

export type TokenView = z.output<typeof tokenView>;

export function tokenViewOf({ id, name, role, target, createdAtMs, revokedAtMs }: TokenRecord): TokenView {
	const revokedAt = revokedAtMs === null ? null : isoOf(revokedAtMs);
	return { id, name, role, target, createdAt: isoOf(createdAtMs), revokedAt };
}
