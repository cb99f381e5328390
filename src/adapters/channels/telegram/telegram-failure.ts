// What Telegram's refusals mean to the outbox. After https://core.telegram.org/bots/api#making-requests; keeps Telegram's own words.
import { DeliveryFailed } from "../../../ports/ports.js";

interface Refused {
	readonly error_code?: number;
	readonly description?: string;
	readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
}

/** The message, topic or chat is not there any more. */
const gone =
	/message to edit not found|message can't be edited|MESSAGE_ID_INVALID|message thread not found|TOPIC_(CLOSED|DELETED)|chat not found|upgraded to a supergroup/i;

export function failureFrom(method: string, status: number, body: unknown): DeliveryFailed {
	const { error_code = status, description = "no reason given", parameters }: Refused = isRefused(body) ? body : {};
	const migrated = parameters?.migrate_to_chat_id;
	const where = migrated === undefined ? "" : ` It is the chat ${migrated} now: configure that.`;
	const message = `Telegram answered ${error_code} to ${method}: ${description}.${where}`;
	const retryAfterMs = parameters?.retry_after === undefined ? null : parameters.retry_after * 1_000;
	return new DeliveryFailed({ code: codeOf(error_code, description), message, retryAfterMs });
}

/** A token that is none gets 404 from the door, before any method is looked at. */
function codeOf(status: number, description: string): DeliveryFailed["code"] {
	if (status === 429) return "rate_limited";
	if (status === 401 || (status === 404 && description === "Not Found")) return "revoked";
	if (status >= 500) return "unreachable";
	return gone.test(description) ? "gone" : "refused";
}

/** It shows this already. */
export function isNotModified(error: unknown): boolean {
	return error instanceof DeliveryFailed && error.message.includes("message is not modified");
}

/** Too late to say it in the button's own answer. */
export function isTooOld(error: unknown): boolean {
	return error instanceof DeliveryFailed && /query is too old|query ID is invalid/i.test(error.message);
}

function isRefused(body: unknown): body is Refused {
	return typeof body === "object" && body !== null;
}
