// The SDK's Teams adapter, made for one channel: nothing of it reads the environment, every call of it ends in time, and the addresses that it
// logs in at and fetches Microsoft's keys from are the configured ones. That its JWT check is on is the SDK's own default and stays.
import { setMaxListeners } from "node:events";
import type { TeamsAdapter } from "@chat-adapter/teams";
import { limits } from "../../../core/limits.js";
import { DeliveryFailed, type Log } from "../../../ports.js";
import { loadPackage } from "../packages.js";
import { createSdkLog } from "../sdk-log.js";
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

/** Rejects with DeliveryFailed where the package is not installed, or the credentials do not hold. */
export async function openTeamsAdapter(options: TeamsSdkOptions): Promise<TeamsAdapter> {
	const { name, appId, tenantId, password, serviceUrl, apiUrl, log, signal } = options;
	const loginUrl = apiUrl ?? "https://login.microsoftonline.com";
	const tokens = createTokenSource({ loginUrl, tenantId, appId, password, signal });
	const { createTeamsAdapter } = await loadPackage("@chat-adapter/teams", () => import("@chat-adapter/teams"));
	const adapter = apart(() =>
		createTeamsAdapter({
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
	pointElsewhere(adapter, apiUrl);
	// Each call listens to it while it runs.
	setMaxListeners(0, signal);
	bound(adapter, { signal, unauthenticated: tokens.forget });
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

interface HttpClient {
	use(interceptor: {
		request(context: { readonly config: Record<string, unknown> }): Record<string, unknown>;
		error(context: { readonly error: HttpFailure }): Promise<never>;
		response(context: { readonly res: unknown }): unknown;
	}): number;
}

interface ActivityContext {
	readonly activity: { readonly from?: Sender };
}

/** `botUserId` is what Teams calls this person for this bot alone. */
export interface Sender {
	readonly id: string;
	readonly aadObjectId?: string;
	readonly botUserId?: string;
}

interface PressedActivity {
	readonly conversation?: { readonly id?: string };
	readonly serviceUrl?: string;
	readonly replyToId?: string;
	readonly value?: unknown;
}

/** What we use of the SDK's app beside its types; as of @chat-adapter/teams 4.41 with @microsoft/teams.apps 2.0. */
interface Inside {
	readonly app: {
		cloud: Readonly<Record<string, string>>;
		readonly client: HttpClient;
		readonly api: { readonly http: HttpClient };
		readonly activitySender: { readonly client: HttpClient };
	};
	threadIdFromActivity(activity: PressedActivity): string;
	handleMessageActivity(context: ActivityContext): Promise<void>;
	handleAdaptiveCardAction(context: ActivityContext): Promise<void>;
	getIncomingUser(): Promise<null>;
	getUser(): Promise<null>;
	normalizeMentions(text: string): string;
}

function inside(adapter: TeamsAdapter): Inside {
	const seen = adapter as unknown as Inside;
	const clients = [seen.app?.client, seen.app?.api?.http, seen.app?.activitySender?.client];
	if (seen.app?.cloud === undefined || clients.some((client) => typeof client?.use !== "function")) {
		const message = "This version of @chat-adapter/teams is not known: install one that the README names.";
		throw new DeliveryFailed({ code: "refused", message });
	}
	return seen;
}

/** The validator is made of `cloud` when the adapter initializes. */
function pointElsewhere(adapter: TeamsAdapter, apiUrl: string | null): void {
	const { app } = inside(adapter);
	if (apiUrl === null) return;
	const openIdMetadataUrl = `${apiUrl}/v1/.well-known/openidconfiguration`;
	app.cloud = Object.freeze({ ...app.cloud, loginEndpoint: apiUrl, openIdMetadataUrl });
}

/** Names and mail addresses of people are not looked up: an identity is the id that the verified activity carries. */
function bound(
	adapter: TeamsAdapter,
	to: { readonly signal: AbortSignal; readonly unauthenticated: () => void },
): void {
	const seen = inside(adapter);
	seen.getIncomingUser = async () => null;
	seen.getUser = async () => null;
	seen.normalizeMentions = (text) => text.replace(/<at\b[^>]*>.*?<\/at>/gis, " ").trim();
	const threadOf = seen.threadIdFromActivity.bind(adapter);
	seen.threadIdFromActivity = (activity) => threadOf(unthreaded(activity));
	const [message, invoke] = [seen.handleMessageActivity.bind(adapter), seen.handleAdaptiveCardAction.bind(adapter)];
	seen.handleMessageActivity = (context) => message(identified(context));
	seen.handleAdaptiveCardAction = (context) => invoke(identified(context));
	const { client, api, activitySender } = seen.app;
	for (const http of new Set([client, api.http, activitySender.client])) {
		http.use({
			request: ({ config }) =>
				Object.assign(config, { timeout: limits.sendTimeoutMs, signal: to.signal, maxRedirects: 0, proxy: false }),
			response: ({ res }) => res,
			error: ({ error }) => {
				if (error.response?.status === 401) to.unauthenticated();
				const afterMs = retryAfterIn(String(error.response?.headers?.["retry-after"] ?? ""));
				if (afterMs !== null) error.retryAfter = afterMs / 1_000;
				return Promise.reject(forbiddenBy(error) ?? error);
			},
		});
	}
}

/** A click on a message that began a thread comes as one from within it: where it stands is the channel. */
function unthreaded<T extends PressedActivity>(activity: T): T {
	const { conversation, replyToId, value } = activity;
	const beginning = `;messageid=${replyToId}`;
	if (value == null || replyToId === undefined || conversation?.id?.endsWith(beginning) !== true) return activity;
	return { ...activity, conversation: { ...conversation, id: conversation.id.slice(0, -beginning.length) } };
}

/** A person is known by the object id of their directory, as its administrators see it: what Teams calls them for one bot nobody can look up. */
function identified(context: ActivityContext): ActivityContext {
	const { from } = context.activity;
	if (from?.aadObjectId === undefined || from.aadObjectId === "") return context;
	const sender: Sender = { ...from, id: from.aadObjectId, botUserId: from.id };
	return { ...context, activity: { ...context.activity, from: sender } };
}
