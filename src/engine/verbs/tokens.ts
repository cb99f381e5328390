// The verbs about tokens, as surfaces call them: who may speak over TCP, and for whom.
import type { Refusal } from "../../core/refusals.js";
import type { Actor } from "../../core/swap.js";
import type { StoredToken, TokenRole } from "../../ports/ports.js";

/** A token without its hash. */
export type TokenRecord = Omit<StoredToken, "sha256">;

export interface Access {
	/** `name` without its surface. Refuses builders, names in use, and targets that do not exist. The secret is in no other answer. */
	createToken(request: {
		readonly name: string;
		readonly role: TokenRole;
		readonly target: string | null;
		readonly by: Actor;
	}): Promise<{ readonly token: TokenRecord; readonly secret: string } | Refusal>;
	tokens(by: Actor): Promise<readonly TokenRecord[] | Refusal>;
	/** By id or by name. */
	revokeToken(request: { readonly id: string; readonly by: Actor }): Promise<TokenRecord | Refusal>;
	/** Null for one that was never given or is revoked: nobody learns which. */
	tokenOf(secret: string): Promise<TokenRecord | null>;
	/** Keeps a request that a surface refused before it reached a verb. */
	noteRefused(refused: {
		readonly by: Actor;
		readonly verb: string;
		readonly swapId: string | null;
		readonly refusal: Refusal;
	}): Promise<void>;
}
