// The SDK's Teams adapter, made for one channel: nothing of it reads the environment, every call of it ends in time, and the addresses that it
// logs in at and fetches Microsoft's keys from are the configured ones. That its JWT check is on is the SDK's own default and stays. Loaded
// only when a channel starts.
import { setMaxListeners } from "node:events";
import { TeamsAdapter } from "@chat-adapter/teams";
import { limits } from "../../../core/limits.js";
import { DeliveryFailed, type Log } from "../../../ports/ports.js";
import { createSdkLog } from "../chat/sdk-log.js";
import { forbiddenBy, type HttpFailure } from "./teams-failure.js";
import { createTokenSource, retryAfterIn } from "./teams-token.js";

export interface TeamsSdkOptions {
	readonly name: string;
	readonly appId: string;
	readonly tenantId: string;
	readonly password: () => Promise<string>;
	/** Of the Bot Framework; every call goes there, whatever an activity names. */
	readonly serviceUrl: string;
	/** In place of Microsoft's login and key service; null: theirs. */
	readonly apiUrl: string | null;
	readonly log: Log;
	readonly signal: AbortSignal;
}

export const botScope = "https://api.botframework.com/.default";

/** Rejects with DeliveryFailed where the credentials do not hold. */
export async function openTeamsAdapter(options: TeamsSdkOptions): Promise<TeamsAdapter> {
	const { name, appId, tenantId, password, serviceUrl, apiUrl, log, signal } = options;
	const loginUrl = apiUrl ?? "https://login.microsoftonline.com";
	const tokens = createTokenSource({ loginUrl, tenantId, appId, password, signal });
	const adapter = apart(
		() =>
			new CardTeams({
				appId,
				appTenantId: tenantId,
				appPassword: "",
				appType: "SingleTenant",
				apiUrl: serviceUrl,
				userName: "deadman",
				token: (scope) => tokens.token([scope].flat()[0] ?? botScope),
				logger: createSdkLog({ channel: name, log }),
			}),
	);
	// Each call listens to it while it runs.
	setMaxListeners(0, signal);
	adapter.bound({ apiUrl, signal, unauthenticated: tokens.forget });
	await tokens.token(botScope);
	return adapter;
}

/** What the SDK would read of the environment while it is made; LOG keeps its own logger off stdout. */
const read = [
	"TEAMS_APP_ID",
	"TEAMS_APP_PASSWORD",
	"TEAMS_APP_TENANT_ID",
	"TEAMS_API_URL",
	"CLOUD",
	"CLIENT_ID",
	"CLIENT_SECRET",
	"TENANT_ID",
	"MANAGED_IDENTITY_CLIENT_ID",
	"SERVICE_URL",
	"OAUTH_URL",
	"DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS",
	"LOG",
	"LOG_LEVEL",
] as const;

/** `make` must not await: nothing else runs while the variables are set aside. */
function apart<T>(make: () => T): T {
	const before = read.map((name) => [name, process.env[name]] as const);
	for (const name of read) delete process.env[name];
	process.env.LOG = "-*";
	try {
		return make();
	} finally {
		for (const [name, value] of before) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	}
}

/** `botUserId` is what Teams calls this person for this bot alone. */
export interface Sender {
	readonly id: string;
	readonly aadObjectId?: string;
	readonly botUserId?: string;
}

interface Activity {
	readonly from?: Sender;
	readonly conversation?: { readonly id?: string };
	readonly replyToId?: string;
	readonly value?: unknown;
}

interface ActivityContext {
	readonly activity: Activity;
}

interface HttpClient {
	use(interceptor: {
		request(context: { readonly config: Record<string, unknown> }): Record<string, unknown>;
		error(context: { readonly error: HttpFailure }): Promise<never>;
		response(context: { readonly res: unknown }): unknown;
	}): number;
}

/** What we use of the SDK's app beside its types; as of @chat-adapter/teams 4.41 with @microsoft/teams.apps 2.0. */
interface App {
	cloud: Readonly<Record<string, string>>;
	readonly client: HttpClient;
	readonly api: { readonly http: HttpClient };
	readonly activitySender: { readonly client: HttpClient };
}

interface Bounds {
	readonly apiUrl: string | null;
	readonly signal: AbortSignal;
	readonly unauthenticated: () => void;
}

/** Names and mail addresses of people are not looked up: an identity is the id that the verified activity carries. */
class CardTeams extends TeamsAdapter {
	bound({ apiUrl, signal, unauthenticated }: Bounds): void {
		const app = this.app as unknown as App;
		const clients = [app.client, app.api?.http, app.activitySender?.client];
		if (app.cloud === undefined || clients.some((client) => typeof client?.use !== "function")) {
			const message = "This version of @chat-adapter/teams is not known: install one that the README names.";
			throw new DeliveryFailed({ code: "refused", message });
		}
		if (apiUrl !== null) {
			const openIdMetadataUrl = `${apiUrl}/v1/.well-known/openidconfiguration`;
			// The validator is made of it when the adapter initializes.
			app.cloud = Object.freeze({ ...app.cloud, loginEndpoint: apiUrl, openIdMetadataUrl });
		}
		for (const http of new Set(clients)) {
			http.use({
				request: ({ config }) =>
					Object.assign(config, { timeout: limits.sendTimeoutMs, signal, maxRedirects: 0, proxy: false }),
				response: ({ res }) => res,
				error: ({ error }) => {
					if (error.response?.status === 401) unauthenticated();
					const afterMs = retryAfterIn(String(error.response?.headers?.["retry-after"] ?? ""));
					if (afterMs !== null) error.retryAfter = afterMs / 1_000;
					return Promise.reject(forbiddenBy(error) ?? error);
				},
			});
		}
	}

	override async getUser(): Promise<null> {
		return null;
	}

	protected override normalizeMentions(text: string): string {
		return text.replace(/<at\b[^>]*>.*?<\/at>/gis, " ").trim();
	}

	protected override handleMessageActivity(context: ActivityContext): Promise<void> {
		return super.handleMessageActivity(readable(context) as never);
	}

	protected override handleAdaptiveCardAction(context: ActivityContext): Promise<void> {
		return super.handleAdaptiveCardAction(readable(context) as never);
	}
}

function readable(context: ActivityContext): ActivityContext {
	return { ...context, activity: identified(unthreaded(context.activity)) };
}

/** A click on a message that began a thread comes as one from within it: where it stands is the channel. */
function unthreaded(activity: Activity): Activity {
	const { conversation, replyToId, value } = activity;
	const beginning = `;messageid=${replyToId}`;
	if (value == null || replyToId === undefined || conversation?.id?.endsWith(beginning) !== true) return activity;
	return { ...activity, conversation: { ...conversation, id: conversation.id.slice(0, -beginning.length) } };
}

/**
 * A person is known by the object id of their directory, as its administrators see it: what Teams calls them for one bot nobody can look up.
 * It stands in the place of that name, where the SDK finds nobody to look up.
 */
function identified(activity: Activity): Activity {
	const { aadObjectId = "", ...from } = activity.from ?? { id: "" };
	if (aadObjectId === "") return activity;
	return { ...activity, from: { ...from, id: aadObjectId, botUserId: from.id } };
}
