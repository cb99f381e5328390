// Calls of Slack's Web API: once each, with a time limit, and what its errors mean. Retries belong to the outbox.
import type { SlackAdapter } from "@chat-adapter/slack";
import { limits } from "../../../core/limits.js";
import { DeliveryFailed } from "../../../ports/ports.js";
import { within } from "../chat/time-limit.js";

export type SlackClient = SlackAdapter["webClient"];
export type SlackClientOptions = NonNullable<
	NonNullable<ConstructorParameters<typeof SlackAdapter>[0]>["webClientOptions"]
>;

export const slackApiUrl = "https://slack.com/api/";

/** Its own would retry for half an hour and sleep through a 429. */
export function clientOptions(): SlackClientOptions {
	return {
		retryConfig: { retries: 0 },
		rejectRateLimitedCalls: true,
		timeout: limits.sendTimeoutMs,
		attachOriginalToWebAPIRequestError: false,
		allowAbsoluteUrls: false,
		logger: silent as NonNullable<SlackClientOptions["logger"]>,
	};
}

const nothing = (): void => {};

/** The clients' lines hold messages and tokens; what matters of them is in the errors. */
export const silent = {
	debug: nothing,
	info: nothing,
	warn: nothing,
	error: nothing,
	setLevel: nothing,
	setName: nothing,
	getLevel: () => "error",
};

/** See https://docs.slack.dev/reference/methods/auth.test#errors and chat.update#errors. */
const codes: Readonly<Record<string, DeliveryFailed["code"]>> = {
	ratelimited: "rate_limited",
	rate_limited: "rate_limited",
	message_limit_exceeded: "rate_limited",
	invalid_auth: "revoked",
	not_authed: "revoked",
	account_inactive: "revoked",
	token_revoked: "revoked",
	token_expired: "revoked",
	org_login_required: "revoked",
	team_access_not_granted: "revoked",
	message_not_found: "gone",
	cant_update_message: "gone",
	edit_window_closed: "gone",
	channel_not_found: "gone",
	is_archived: "gone",
	thread_not_found: "gone",
	user_not_found: "gone",
	users_not_found: "gone",
	internal_error: "unreachable",
	fatal_error: "unreachable",
	service_unavailable: "unreachable",
	request_timeout: "unreachable",
	team_added_to_org: "unreachable",
};

interface Coded {
	readonly code?: unknown;
	readonly message?: unknown;
	readonly retryAfter?: unknown;
	readonly statusCode?: unknown;
	readonly data?: { readonly error?: unknown; readonly errors?: unknown };
}

export function slackFailure(error: unknown): DeliveryFailed {
	if (error instanceof DeliveryFailed) return error;
	const { code, message, retryAfter, statusCode, data } = (error ?? {}) as Coded;
	const said = typeof data?.error === "string" ? data.error : null;
	if (said !== null) {
		const more = Array.isArray(data?.errors) ? `: ${data.errors.join("; ").slice(0, 300)}` : "";
		return new DeliveryFailed({ code: codes[said] ?? "refused", message: `Slack says ${said}${more}.` });
	}
	if (code === "slack_webapi_rate_limited_error" || /rate limit|retry header/i.test(String(message))) {
		const seconds = typeof retryAfter === "number" ? retryAfter : null;
		const retryAfterMs = seconds === null ? null : seconds * 1_000;
		return new DeliveryFailed({ code: "rate_limited", message: "Slack says ratelimited.", retryAfterMs });
	}
	if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500)
		return new DeliveryFailed({ code: "refused", message: `Slack answers with status ${statusCode}.` });
	return new DeliveryFailed({
		code: "unreachable",
		message: `Slack cannot be reached: ${String(message).slice(0, 200)}`,
	});
}

/** Every way of failing is a DeliveryFailed, and it ends in time. */
export async function asked<T>(call: () => Promise<T>): Promise<T> {
	try {
		return await within(call(), { limitMs: limits.sendTimeoutMs, what: "Slack" });
	} catch (error) {
		throw slackFailure(error);
	}
}
