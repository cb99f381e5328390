// The verbs beside swaps, as surfaces call them: tokens, the feed of facts, and what builders hear and say. Part of the page in supervisor.ts.

import type { Refusal } from "../core/refusals.js";
import type { Actor } from "../core/swap.js";
import type { OutcomeReport } from "../core/words/outcome-report.js";
import type { FeedEntry, JournalFigures, Received, Reply, StoredToken, TokenRole } from "../ports/ports.js";

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

export interface Deliveries {
	/** A platform's request for the channel of this name, which verifies it. Null: there is no such channel, or it takes no requests. */
	receive(channel: string, request: Received): Promise<Reply | null>;
}

export interface FeedReading {
	/** Facts after `after`, oldest first, at most `limit`. */
	feed(request: { readonly after: number; readonly limit: number }): Promise<readonly FeedEntry[]>;
	feedEnd(): Promise<number>;
	figures(): Promise<JournalFigures>;
}

export interface BuilderHeartbeat {
	readonly status: "online" | "busy" | "error" | "benchmarked";
	/** What it works on, in a sentence; null: nothing. */
	readonly task: string | null;
	readonly error: { readonly severity: "warning" | "fatal"; readonly message: string } | null;
}

/** As operators see it in `status`; presence is not journaled. */
export interface BuilderPresence extends BuilderHeartbeat {
	readonly name: string;
	readonly lastSeenAtMs: number;
}

export interface Milestone {
	readonly name: string;
	readonly detail: string;
	/** The swap that it belongs to; null: none. */
	readonly swapId: string | null;
}

/** What will judge the paths of a change: as configured, nothing secret. */
export interface PolicyView {
	readonly targets: readonly {
		readonly name: string;
		readonly own: string | null;
		readonly mappings: readonly { readonly template: string; readonly folder: string }[];
	}[];
	readonly neverWrite: readonly string[];
	readonly migrations: readonly string[];
	readonly supervisor: readonly string[];
	readonly reach: readonly string[];
	readonly summaries: "per_file" | "overall";
	readonly approval: "required" | "auto";
	readonly approvalExpiryMs: number;
	/** Who is asked, by class. */
	readonly classes: Readonly<
		Record<string, { readonly approve: readonly string[]; readonly approvals: number; readonly typed: boolean }>
	>;
}

export interface BuilderLoop {
	/** Of the swaps that this builder proposed, newest first; of everybody's for people. */
	outcomes(request: { readonly by: Actor; readonly limit: number }): Promise<readonly OutcomeReport[]>;
	policy(): PolicyView;
	/** A builder's sign of life: it decides nothing, whatever it says. */
	reportPresence(request: { readonly by: Actor; readonly heartbeat: BuilderHeartbeat }): Promise<Refusal | null>;
	builders(): readonly BuilderPresence[];
	/** Journaled as a note of the builder's own swap where one is named. */
	reportMilestone(request: { readonly by: Actor; readonly milestone: Milestone }): Promise<Refusal | null>;
}
