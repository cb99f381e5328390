// Agents as text for terminals: who is there and how they stand. Everything that an agent said is neutralised here.
import { printableLine } from "../../core/rules/printable.js";
import type { AgentSummaryView, AgentView } from "../http/schemas/agents.js";

export function renderAgents(agents: readonly AgentSummaryView[]): string {
	if (agents.length === 0) return "No agents: none has been heard yet.";
	return agents.map(agentLine).join("\n");
}

export function agentLine({ name, target, status, present, lastActiveAt }: AgentSummaryView): string {
	const whose = target === null || target === name ? "" : ` of ${target}`;
	return printableLine(
		`${`${name}${whose}`.padEnd(24)}  ${status.padEnd(11)}  ${present ? "present" : "silent "}  last heard ${second(lastActiveAt)}`,
	);
}

export function renderAgent(agent: AgentView): string {
	const { task, errors, milestones, workspaces, reason, statusSince, throttled, release } = agent;
	const lines = [
		agentLine(agent),
		`status      ${agent.status} since ${second(statusSince)}${reason === null ? "" : ` (${reason})`}`,
		...(release === null ? [] : [`version     ${release}`]),
		`task        ${task === null ? "none" : taskText(task)}`,
		...agent.tasks.filter(({ id }) => id !== task?.id).map((one) => `waiting     ${taskText(one)}`),
		...(milestones === null ? [] : [`milestones  ${milestonesText(milestones)}`]),
		...workspaces.map(
			({ id, state, lastHeartbeatAt }) => `workspace   ${id}: ${state}, last heartbeat ${second(lastHeartbeatAt)}`,
		),
		...errors.map(({ severity, message, at }) => `${severity.padEnd(10)}  ${second(at)}  ${message}`),
		...(throttled === 0 ? [] : [`refused     ${throttled} reports that were too many`]),
	];
	return lines.map(printableLine).join("\n");
}

function taskText({ id, title, status, progress, retries }: AgentView["tasks"][number]): string {
	const parts = [
		status,
		...(progress === null ? [] : [`progress ${progress}`]),
		...(retries === 0 ? [] : [`retry ${retries}`]),
	];
	return `${id} ${title} (${parts.join(", ")})`;
}

function milestonesText({ state, transport, readyAt, firstMessageAt }: NonNullable<AgentView["milestones"]>): string {
	return [
		state,
		...(readyAt === null ? [] : [`connected over ${transport} at ${second(readyAt)}`]),
		...(firstMessageAt === null ? [] : [`first message at ${second(firstMessageAt)}`]),
	].join(", ");
}

function second(time: string): string {
	return `${time.slice(0, 19)}Z`;
}
