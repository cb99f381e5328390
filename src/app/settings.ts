// The configuration as the engine reads it: durations per target, the rules that classify, the authority that decides.
import { parseConfig, type Settings } from "../config/config.js";
import { type Channel, channelName, kindOf } from "../config/delivery.js";
import { isManaged } from "../config/shapes.js";
import type { Authority } from "../core/people/authority.js";
import { isRefusal } from "../core/refusals.js";
import type { Mapping, Rules, TargetRules } from "../core/rules/classify.js";
import { hostTarget } from "../core/swap.js";
import type { EngineSettings, TargetSettings } from "../engine/base/context.js";
import { whyNotApart } from "./apart.js";

type Target = Settings["targets"][string];
type Program = Settings["program"];

export function engineSettings(settings: Settings, env: NodeJS.ProcessEnv = process.env): EngineSettings {
	return {
		...targetSettings(settings.program, settings.deadman),
		branch: settings.branch,
		approval: settings.approval,
		shared: settings.shared.map(({ path }) => path),
		retain: settings.retain,
		summaries: settings.summaries,
		approvalMs: settings.approvalExpiry,
		authority: authorityOf(settings),
		notApart: whyNotApart(settings),
		rules: rulesOf(settings),
		reminding: {
			fallbackAfterMs: settings.routing.fallbackAfter,
			escalateAfterMs: settings.routing.escalateAfter,
			escalateTo: settings.routing.escalateTo,
		},
		agents: agentsOf(settings),
		conversations: conversationsOf(settings),
		introduction: introductionOf(settings, env),
	};
}

export function agentSettings(settings: Settings, name: string): TargetSettings {
	const target = settings.targets[name];
	if (target === undefined) throw new Error(`There is no target ${name}.`);
	return targetSettings(programOf(target), target.deadman ?? settings.deadman);
}

function targetSettings(program: Program, deadman: Settings["deadman"]): TargetSettings {
	const { timeout, minUptime, interval } = program.readiness;
	return {
		deadman: { initialMs: deadman.initial, afterDeliveryMs: deadman.afterDelivery, capMs: deadman.cap },
		restart: program.restart === "exit" ? "exit" : "program",
		readiness: { timeoutMs: timeout, minUptimeMs: minUptime, intervalMs: interval },
		heartbeatMs: program.heartbeat,
		managed: isManaged(program),
	};
}

/** A target without a program has nothing to start and nothing to ask: what the schema makes of `null`. */
export function programOf({ program }: Target): Program {
	if (program !== null) return program;
	const nothing = parseConfig({ program: { command: null, readiness: { minUptime: "1ms" } } }, "nothing");
	if (isRefusal(nothing)) throw new Error(nothing.message);
	return nothing.program;
}

export function mappingsOf({ own, mappings }: Target): readonly Mapping[] {
	return [...(own === null ? [] : [{ template: own, folder: own }]), ...mappings];
}

function rulesOf({ neverWrite, migrations, supervisor, reach, targets }: Settings): Rules {
	const agents = Object.entries(targets).map(
		([name, target]): TargetRules => ({
			name,
			mappings: mappingsOf(target),
			neverWrite: target.neverWrite,
			migrations: target.migrations,
		}),
	);
	return { host: { name: hostTarget, neverWrite, migrations }, agents, supervisor, reach };
}

function authorityOf({ people, policy, targets }: Settings): Authority {
	const { separation, ...classes } = policy;
	const approvers = Object.entries(targets).filter(([, target]) => target.approvers.length > 0);
	return {
		people: Object.entries(people).map(([name, person]) => ({ name, ...person })),
		classes,
		...(separation === "required" ? { apart: true } : {}),
		approversOf: Object.fromEntries(approvers.map(([name, target]) => [name, target.approvers])),
	};
}

const dayMs = 24 * 60 * 60 * 1_000;

function agentsOf({ targets, retain }: Settings): EngineSettings["agents"] {
	const named = Object.entries(targets).flatMap(([target, { agents }]) =>
		agents.map((agent) => [agent, target] as const),
	);
	return { of: Object.fromEntries(named), retainMs: retain.agents.days * dayMs, errors: retain.agents.errors };
}

function conversationsOf({ delivery }: Settings): EngineSettings["conversations"] {
	const one = (channel: Channel) => {
		const own = kindOf(channel).own?.(channel) ?? null;
		return [channelName(channel), { own, others: othersOf(channel) }] as const;
	};
	return Object.fromEntries(delivery.map(one));
}

function othersOf(channel: Channel): readonly string[] {
	return "conversations" in channel ? channel.conversations : [];
}

function introductionOf({ introduction }: Settings, env: NodeJS.ProcessEnv): EngineSettings["introduction"] {
	if (introduction === null) return null;
	const { text, linkEnv } = introduction;
	return { text, link: linkEnv === undefined ? null : { variable: linkEnv, value: env[linkEnv] ?? null } };
}
