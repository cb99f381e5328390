// What refusals of Meta's Graph API mean to the outbox. After
// https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes; keeps Meta's own words.
import { DeliveryFailed } from "../../../ports/ports.js";

interface GraphError {
	readonly code: number | null;
	readonly words: string;
}

const limited = new Set([4, 17, 32, 613, 80007, 130429, 131048, 131056]);
const revoked = new Set([0, 190, 131031]);
const passing = new Set([1, 2, 131000, 131016, 133004]);
const unreached = new Set([131026]);

/** The person has not written for a day. */
const closedWindow = 131047;
const windowWords =
	"WhatsApp takes no message to a person who has not written for 24 hours: let them write anything to this number";

export function failureFrom(status: number, headers: Headers, body: string): DeliveryFailed {
	const error = errorIn(body);
	const name = error.code === null ? `${status}` : `${status}, error ${error.code}`;
	const words = error.code === closedWindow ? `${windowWords} (${error.words})` : error.words;
	const code = codeOf(status, error.code);
	const retryAfterMs = code === "rate_limited" ? retryAfter(headers) : null;
	return new DeliveryFailed({ code, message: `WhatsApp answered ${name}: ${words}.`, retryAfterMs });
}

function codeOf(status: number, code: number | null): DeliveryFailed["code"] {
	if (code !== null && unreached.has(code)) return "gone";
	if (status === 429 || (code !== null && limited.has(code))) return "rate_limited";
	if (status === 401 || (code !== null && revoked.has(code))) return "revoked";
	return status >= 500 || (code !== null && passing.has(code)) ? "unreachable" : "refused";
}

function retryAfter(headers: Headers): number | null {
	const seconds = Number(headers.get("retry-after") ?? Number.NaN);
	return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

function errorIn(body: string): GraphError {
	try {
		const { code, message = "", error_data: data } = JSON.parse(body).error;
		const words = [message, data?.details].filter((one) => typeof one === "string" && one !== "").join(", ");
		return { code: typeof code === "number" ? code : null, words: words || "no reason given" };
	} catch {
		return { code: null, words: "no reason given" };
	}
}

/** Of a message that was taken and not delivered, as a webhook tells it later. */
export function undelivered(status: unknown): string | null {
	const { status: state, errors = [] } = (status ?? {}) as { status?: string; errors?: readonly unknown[] };
	if (state !== "failed") return null;
	const { code, title = "" } = (errors[0] ?? {}) as { code?: number; title?: string };
	const words = code === closedWindow ? windowWords : title;
	return `A message was not delivered: ${code ?? "no code"}, ${words || "no reason given"}.`;
}
