// The supervisor's own state as text: what serves, whether it has proved so, and where people find the cards.
import { printableLine } from "../core/printable.js";
import type { SupervisorView } from "./http/status.js";

export function renderStatus({ pid, startedAt, live, program, channels }: SupervisorView): string {
	const proven = program.proven ? "proven" : "not proven";
	const process = program.pid === null ? "" : `, process ${program.pid}`;
	const restarts = program.restarts === 0 ? "" : `, ${program.restarts} restarts`;
	const lines = [
		`supervisor  process ${pid}, since ${startedAt}`,
		`live        ${live === null ? "nothing yet" : `${live.release} (${live.commit.slice(0, 12)})`}`,
		`program     ${program.state}${process}, ${proven}${restarts}${program.detail === "" ? "" : `: ${program.detail}`}`,
		...channels.map(({ name, address }) => `${name.padEnd(11)} ${address ?? "not up"}`),
	];
	return lines.map(printableLine).join("\n");
}
