// What an agent can read without calling a tool: the current swap, how the flow goes, and the policy that will judge its paths.
import { type McpServer, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { type Api, ApiRefused } from "./api.js";
import { flow } from "./flow.js";
import { swapAnswerOf } from "./swap-answer.js";

const json = "application/json";

export function registerResources(server: McpServer, api: Api): void {
	const add = (uri: string, about: About, read: () => Promise<string>) =>
		server.registerResource(about.name, uri, about, async ({ href }) => {
			const text = await read().catch(refusedReading);
			return { contents: [{ uri: href, mimeType: about.mimeType, text }] };
		});
	add("deadman://swap/current", current, async () => JSON.stringify({ swap: await currentSwap(api) }));
	add("deadman://flow", theFlow, async () => flow);
	add("deadman://policy", policy, async () => JSON.stringify({ policy: await api.policy() }));
}

interface About {
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly mimeType: string;
}

const current: About = {
	name: "current-swap",
	title: "The current swap",
	description: "The swap that matters now, as get_swap shows it; null where there is none",
	mimeType: json,
};

const theFlow: About = {
	name: "flow",
	title: "How a change goes live",
	description: "The steps from a workspace to a kept version, written for the agent that takes them",
	mimeType: "text/markdown",
};

const policy: About = {
	name: "policy",
	title: "The policy",
	description: "What will judge the paths of a change: who is asked, and what no swap may write",
	mimeType: json,
};

async function currentSwap(api: Api) {
	try {
		return swapAnswerOf(await api.currentSwap());
	} catch (error) {
		if (error instanceof ApiRefused && error.view.code === "nothing_current") return null;
		throw error;
	}
}

/** Reading has no result that says isError: the code and the next step go into the error. */
function refusedReading(error: unknown): never {
	if (!(error instanceof ApiRefused)) throw error;
	const { message, next } = error.view;
	throw new ProtocolError(ProtocolErrorCode.InternalError, `${message} ${next}`, error.view);
}
