// The supervisor's own state as text: what serves, whether it has proved so, and where people find the cards.
import { printableLine } from "../../core/rules/printable.js";
import type { BuilderView, ProgramView, SupervisorView } from "../http/schemas/status.js";
import { agentLine } from "./agents.js";
import { channelLines } from "./channels.js";

export function renderStatus({
	pid,
	startedAt,
	live,
	program,
	targets,
	channels,
	http,
	builders,
	agents,
	unsettled,
	ahead,
	notApart,
}: SupervisorView): string {
	const lines = [
		`supervisor  process ${pid}, since ${startedAt}`,
		`live        ${live === null ? "nothing yet" : `${live.release} (${live.commit.slice(0, 12)})`}`,
		...aheadLines(ahead),
		`program     ${programText(program)}`,
		...targets.map(
			(target) => `target      ${target.name}: ${target.release ?? "nothing yet"}, ${programText(target.program)}`,
		),
		...channels.flatMap(channelLines),
		...(http === null ? [] : [`http        ${http}`]),
		...builders.map(builderText),
		...agents.filter(({ target }) => target !== null).map((agent) => `agent       ${agentLine(agent)}`),
		...unsettled.map(unsettledText),
		...(notApart === undefined ? [] : [`people      not told apart from builders: ${notApart}`]),
	];
	return lines.map(printableLine).join("\n");
}

function aheadLines(ahead: SupervisorView["ahead"]): string[] {
	if (ahead === null || ahead.commits === 0) return [];
	const { branch, commits } = ahead;
	return [
		`branch      ${branch} is ${commits} ${commits === 1 ? "commit" : "commits"} ahead of live: deadman propose --commit ${branch}`,
	];
}

function builderText({ name, status, task, error, lastSeenAt }: BuilderView): string {
	const parts = [
		status,
		...(task === null ? [] : [task]),
		...(error === null ? [] : [`${error.severity}: ${error.message}`]),
	];
	return `builder     ${name}: ${parts.join(", ")}, last heard ${lastSeenAt}`;
}

function unsettledText({ swapId, branch, command }: SupervisorView["unsettled"][number]): string {
	return `confirmed   ${swapId} is not on ${branch} yet: run ${command}`;
}

function programText({ state, pid, restarts, proven, detail }: ProgramView): string {
	const parts = [
		state === "none" ? "no program" : state,
		...(pid === null ? [] : [`process ${pid}`]),
		proven ? "proven" : "not proven",
		...(restarts === 0 ? [] : [`${restarts} restarts`]),
	];
	return `${parts.join(", ")}${detail === "" ? "" : `: ${detail}`}`;
}
