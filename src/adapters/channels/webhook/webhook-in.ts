// What comes in through a webhook channel: a press of a button, signed with the shared secret. Whatever is wrong with it is refused before the
// inbox hears of a click.
import { z } from "zod";
import { ownPlace } from "../../../core/place.js";
import type { Button } from "../../../core/words/card.js";
import { labels } from "../../../core/words/card-face.js";
import type { Inbox, Received, Reply } from "../../../ports/ports.js";
import { toleranceMs, verify } from "./webhook-signature.js";

export interface WebhookInOptions {
	readonly secret: () => Promise<string>;
	readonly nowMs: () => number;
}

const verdicts = Object.keys(labels) as Button[];

const press = z.strictObject({
	schemaVersion: z.literal(1),
	/** The same for each try of one press. */
	delivery: z.string().min(1).max(128).optional(),
	value: z.string().max(200),
	verdict: z.string().max(40),
	/** Who pressed, as the sender knows them: `webhook:<actor>` in `people`. */
	actor: z.string().regex(/^[\w.@:+-]{1,64}$/),
	typed: z.string().max(200).nullable().optional(),
	receipt: z.string().max(500).nullable().optional(),
});

interface Wrong {
	readonly status: 400 | 401 | 405 | 409;
	readonly code: string;
	readonly detail: string;
}

const wrongs = {
	method: { status: 405, code: "method_not_allowed", detail: "A press is posted." },
	signature_wrong: { status: 401, code: "signature_wrong", detail: "The signature does not belong to this body." },
	timestamp_old: { status: 401, code: "timestamp_old", detail: "It was signed more than five minutes from now." },
	replayed: { status: 409, code: "replayed", detail: "This very request came before." },
	body_malformed: { status: 400, code: "body_malformed", detail: "The body is not what a press looks like." },
	verdict_unknown: { status: 400, code: "verdict_unknown", detail: "There is no such verdict." },
	value_malformed: { status: 400, code: "value_malformed", detail: "The value is none of a button of ours." },
} as const satisfies Readonly<Record<string, Wrong>>;

export function createWebhookIn({ secret, nowMs }: WebhookInOptions) {
	const seen = createSeen(nowMs);

	/** Rejects where the inbox does: then nothing was taken, and the same request may come again. */
	async function receive(request: Received, inbox: Inbox): Promise<Reply> {
		if (request.method !== "POST") return refused(inbox, "method");
		const verified = verify(request, await secret(), nowMs());
		if ("wrong" in verified) return refused(inbox, verified.wrong);
		if (!seen.isNew(verified.signature)) return refused(inbox, "replayed");
		const read = readPress(request.body);
		if (typeof read === "string") return refused(inbox, read);
		const { pressed, click } = read;
		const eventId = pressed.delivery ?? verified.signature;
		const { actor: actorId, typed = null, receipt = null } = pressed;
		try {
			const answer = await inbox.click({ ...click, actorId, typed, receipt, place: ownPlace, eventId });
			return json(200, { schemaVersion: 1, ...answer });
		} catch (error) {
			seen.forget(verified.signature);
			throw error;
		}
	}

	return { receive };
}

function readPress(body: Uint8Array) {
	const parsed = press.safeParse(jsonIn(body));
	if (!parsed.success) return "body_malformed";
	const pressed = parsed.data;
	const verdict = verdicts.find((known) => known === pressed.verdict);
	if (verdict === undefined) return "verdict_unknown";
	const found = /^(sw_[a-z0-9]{6})\.([1-9]\d{0,8})\.([\w-]{16})$/.exec(pressed.value);
	if (found === null) return "value_malformed";
	const [, swapId = "", epoch = "", nonce = ""] = found;
	return { pressed, click: { swapId, epoch: Number(epoch), nonce, verdict } };
}

function jsonIn(body: Uint8Array): unknown {
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
	} catch {
		return undefined;
	}
}

function refused(inbox: Inbox, why: keyof typeof wrongs): Reply {
	const { status, code, detail } = wrongs[why];
	inbox.refused({ code, detail });
	const title = status === 401 ? "Not genuine" : "Not taken";
	const body = { type: `urn:deadman:${code}`, title, status, detail };
	return { ...json(status, body, "application/problem+json"), ...(status === 401 ? { forged: true } : {}) };
}

function json(status: number, body: object, type = "application/json"): Reply {
	return { status, headers: { "content-type": type }, body: JSON.stringify(body) };
}

/** Signatures that came: remembered as long as they could be good. Over a restart the journal knows the press itself. */
function createSeen(nowMs: () => number) {
	const untilMs = new Map<string, number>();
	return {
		isNew(signature: string): boolean {
			for (const [old, until] of untilMs) {
				if (until > nowMs()) break;
				untilMs.delete(old);
			}
			if (untilMs.has(signature)) return false;
			untilMs.set(signature, nowMs() + 2 * toleranceMs);
			return true;
		},
		forget: (signature: string) => void untilMs.delete(signature),
	};
}
