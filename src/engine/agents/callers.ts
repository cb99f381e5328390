// Who speaks through the gateway: by the path that was written into a program's environment, by the token of a run, of an agent or of a workspace.
// What comes from a program that is gone comes from nobody.
import { limits } from "../../core/limits.js";
import { remember } from "../../core/remember.js";
import { hostTarget } from "../../core/swap.js";
import type { RegisteredWorkspace, Run } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { Holder, Reports } from "../programs/reports.js";
import type { AgentCaller, AgentProof } from "../verbs/agents.js";
import type { TokenRecord } from "../verbs/tokens.js";

export interface CallersParts {
	readonly engine: Engine;
	readonly reports: Reports;
	readonly tokenOf: (secret: string) => Promise<TokenRecord | null>;
	/** The program of a target that is known to run now. */
	readonly currentRun: (target: string) => Run | null;
}

export interface Callers {
	of(proof: AgentProof): Promise<AgentCaller | null>;
	/** Whose agent this is. */
	ownerOf(agent: string): string;
}

/** Tokens of ours, of agents and of workspaces; those of runs look otherwise. */
const ours = /^dm_[\w-]{43}$/;

export function createCallers({ engine, reports, tokenOf, currentRun }: CallersParts): Callers {
	const { credentials, journal, clock } = engine.ports;
	const alive = new Map<string, { readonly run: Run | null; readonly seenMs: number }>();

	const ownerOf = (agent: string) =>
		engine.settings.agents.of[agent] ?? (engine.targets.includes(agent) ? agent : hostTarget);

	/** A process that lingers when another one runs in its place has nothing to say any more. */
	async function holderOf(token: string): Promise<Holder | null> {
		const holder = await reports.holderOf(token);
		return holder === null || isSuperseded(holder) ? null : holder;
	}

	function isSuperseded({ run, target }: Holder): boolean {
		const current = currentRun(target);
		return current !== null && current.runId !== run.runId && current.startedAtMs > run.startedAtMs;
	}

	async function of({ path, bearer }: AgentProof): Promise<AgentCaller | null> {
		const holder = path === null ? null : await holderOf(path);
		if (path !== null && holder === null) return null;
		if (bearer === null) return holder === null ? null : ofRun(holder);
		if (ours.test(bearer)) return (await ofAgent(bearer, holder)) ?? ofWorkspace(bearer, holder);
		const named = await holderOf(bearer);
		if (named === null) return holder === null ? null : ofRun(holder);
		return holder === null || holder.run.runId === named.run.runId ? ofRun(named) : null;
	}

	function ofRun({ run, target }: Holder): AgentCaller {
		return { agent: target, target, run, workspace: null };
	}

	/** A program speaks for the agents of its own target, and no other's. */
	async function ofAgent(secret: string, holder: Holder | null): Promise<AgentCaller | null> {
		const token = await tokenOf(secret);
		if (token?.role !== "agent") return null;
		const agent = token.name.slice(token.name.indexOf(":") + 1);
		const target = ownerOf(agent);
		if (holder !== null && holder.target !== target) return null;
		return { agent, target, run: holder?.run ?? null, workspace: null };
	}

	async function ofWorkspace(secret: string, holder: Holder | null): Promise<AgentCaller | null> {
		const hash = credentials.hash(secret);
		const found = await journal.workspaceOfToken(hash);
		if (found === null || !credentials.equal(found.tokenSha256, hash)) return null;
		const target = ownerOf(found.agentId);
		if (found.runId === null) return { agent: found.agentId, target, run: null, workspace: found.id };
		const run = await livingRun(found, target);
		if (run === null || isSuperseded({ run, target }) || (holder !== null && holder.run.runId !== run.runId))
			return null;
		return { agent: found.agentId, target, run, workspace: found.id };
	}

	/** Its registration holds for as long as the run that made it; looked up once in a while. */
	async function livingRun({ runId }: RegisteredWorkspace, target: string): Promise<Run | null> {
		if (runId === null || !engine.targets.includes(target)) return null;
		const nowMs = clock.now().bootMs;
		const known = alive.get(runId);
		if (known !== undefined && nowMs - known.seenMs < limits.heartbeatTrustMs) return known.run;
		const run = (await engine.of(target).ports.programs.running()).find((one) => one.runId === runId) ?? null;
		remember(alive, { key: runId, value: { run, seenMs: nowMs }, most: limits.agentWorkspaces });
		return run;
	}

	return { of, ownerOf };
}
