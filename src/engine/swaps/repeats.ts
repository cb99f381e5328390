// Requests that name a key: the same one sent again is answered with the swap that it became. The key stands on disk before the
// submission that it announces, so that a life that was killed in between leaves a new attempt behind, never two swaps.
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { actorName, type Swap } from "../../core/swap.js";
import type { Engine } from "../base/context.js";
import { effect } from "../base/effects.js";
import type { Store } from "../base/store.js";
import type { ProposeRequest, SubmitRequest } from "../verbs/supervisor.js";

/** As it was asked, before anything was filled in. */
export type Keyed = ProposeRequest | SubmitRequest;

/** The swap as it is now, whatever became of it; null where there was none, or nothing came of it. */
export async function earlierSwap(engine: Engine, store: Store, request: Keyed): Promise<Swap | Refusal | null> {
	const key = request.idempotencyKey ?? null;
	if (key === null) return null;
	if (!isKey(key)) return refuse("key_malformed", { limit: limits.keyCharacters });
	const kept = await engine.ports.journal.request(actorName(request.by), key);
	const swap = kept === null ? null : await store.read(kept.swapId);
	if (kept === null || swap === null || swap.epoch < kept.epoch) return null;
	return kept.fingerprint === fingerprintOf(engine, request) ? swap : refuse("key_reused", { id: swap.id });
}

/** On disk before anything else of the submission. */
export async function keepKey(
	engine: Engine,
	request: Keyed,
	became: { readonly swapId: string; readonly epoch: number },
): Promise<void> {
	const key = request.idempotencyKey ?? null;
	if (key === null) return;
	const { ports } = engine;
	const fingerprint = fingerprintOf(engine, request);
	const kept = { actor: actorName(request.by), key, fingerprint, ...became, atMs: ports.clock.now().wallMs };
	await effect(ports, "propose.key", () => ports.journal.keepRequest(kept));
}

/** What can stand in a header. */
function isKey(key: string): boolean {
	return key.length <= limits.keyCharacters && /^[\x20-\x7e]+$/.test(key) && key.trim() !== "";
}

/** Over everything that was asked, whatever order its sentences came in. */
function fingerprintOf({ ports }: Engine, request: Keyed): string {
	const { summary, fileSummaries, target = null, insist = false, conversation = null } = request;
	const what = "workspace" in request ? ["submit", request.workspace] : ["propose", request.revision];
	const sentences = Object.entries(fileSummaries).sort(([a], [b]) => (a < b ? -1 : 1));
	// Left out where it was not said, as before there were conversations.
	const where = conversation === null ? [] : [conversation.channel, conversation.conversation, conversation.thread];
	return ports.credentials.hash(JSON.stringify([...what, summary, sentences, target, insist, ...where]));
}
