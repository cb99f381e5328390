// Agents on the command line: all of them, or one with its task, its errors and how far its program came; once, or as it changes.
import type { AgentSummaryView, AgentView } from "../../http/schemas/agents.js";
import { renderAgent, renderAgents } from "../../text/agents.js";
import { type Common, openSession, type Session, type Terminal } from "../session/session.js";

interface Watches extends Common {
	readonly watch: boolean;
}

const pauseMs = 2_000;

export async function agents(terminal: Terminal, name: string | undefined, options: Watches): Promise<void> {
	const session = await openSession(options, terminal);
	const look = name === undefined ? () => lookAtAll(session) : () => lookAtOne(session, name);
	for (let shown: string | null = null; ; ) {
		const { json, text } = await look();
		const now = JSON.stringify(json);
		if (now !== shown) session.output.result(json, () => text);
		if (!options.watch) return;
		shown = now;
		await session.clock.sleep(pauseMs);
	}
}

async function lookAtAll(session: Session) {
	const { agents } = await session.ask<{ agents: AgentSummaryView[] }>({ path: "/v1/agents" });
	return { json: { agents }, text: renderAgents(agents) };
}

async function lookAtOne(session: Session, name: string) {
	const { agent } = await session.ask<{ agent: AgentView }>({ path: `/v1/agents/${encodeURIComponent(name)}` });
	return { json: { agent }, text: renderAgent(agent) };
}
