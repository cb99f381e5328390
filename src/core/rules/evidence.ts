// What an approver should weigh, in sentences that are ours: what the change can reach, what it touches that deserves a second look,
// what was checked, and what a rollback brings back and what it cannot.

import { type Flag, hostTarget, type Swap } from "../swap.js";
import { printableLine } from "./printable.js";
import { shortened } from "./untrusted.js";

const shownPaths = 5;
const shownCharacters = 120;

/** How a builder's word stands in a sentence of ours. */
export type Show = (text: string) => string;

const plainly: Show = (text) => shortened(printableLine(text), shownCharacters);

/** For who approves: checks run only afterwards. */
export function evidenceOf(swap: Swap, show: Show = plainly): readonly string[] {
	return [...reachOf(swap), ...flagsOf(swap, show), ...adviceOf(swap), ...knownBad(swap), ...rollbackOf(swap)];
}

/** What it runs with, and whom it leaves behind. */
function reachOf({ proposal, target }: Swap): readonly string[] {
	if (proposal === null) return [];
	const private_ = `Lands in the private copy of ${target}; other agents keep theirs as they are.`;
	const host = "Runs with the full rights of the host: its credentials, its data and every agent are within reach.";
	if (proposal.classification === "group") return [private_];
	if (proposal.classification === "host") return [host];
	const names = proposal.targets.map((change) => change.target);
	return names.includes(hostTarget) ? [host, private_] : [private_, "It reaches beyond that copy, as marked below."];
}

const meanings: Readonly<Record<Flag["kind"], string>> = {
	migration: "Migrations, so a rollback may be lossy",
	supervisor: "The supervisor's own files",
	reach: "Changes what an agent may reach",
};

export function flagsOf({ proposal }: Swap, show: Show = plainly): readonly string[] {
	return (["migration", "supervisor", "reach"] as const).flatMap((kind) => {
		const paths = (proposal?.flags ?? []).filter((flag) => flag.kind === kind).map(({ path }) => path);
		return paths.length === 0 ? [] : [`${meanings[kind]}: ${pathList(paths, show)}.`];
	});
}

export function pathList(paths: readonly string[], show: Show = plainly): string {
	const shown = paths.slice(0, shownPaths).map(show);
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	return `${shown.join(", ")}${more}`;
}

function adviceOf({ proposal }: Swap): readonly string[] {
	return (proposal?.advice ?? []).slice(0, shownPaths).map(printableLine);
}

function knownBad({ proposal }: Swap): readonly string[] {
	if (proposal?.knownBad == null) return [];
	return [`KNOWN BAD: the same tree ended badly before, in ${proposal.knownBad}.`];
}

export function checksOf({ checks }: Swap): readonly string[] {
	if (checks.length === 0) return [];
	const passed = checks.map(
		({ command, durationMs }) => `${plainly(command)} passed in ${(durationMs / 1_000).toFixed(1)} s`,
	);
	return [`Checks: ${passed.slice(0, shownPaths).join(", ")}.`];
}

const policies = {
	restore: "as it was at the swap",
	replay: "as it was at the swap, with rows written since put back where they still fit",
	keep: "left as it is, with what was written since",
} as const;

/** Says of databases what is known: before the swap only that their policy decides. */
export function rollbackOf({ snapshots }: Swap): readonly string[] {
	const never = "Mails, payments and calls to other systems are not undone.";
	if (snapshots === null) {
		return [`A rollback brings back the code, and each database as its policy in the configuration says. ${never}`];
	}
	if (snapshots.length === 0) return [`A rollback brings back the code. ${never}`];
	const databases = snapshots
		.slice(0, shownPaths)
		.map(({ database, policy }) => `${plainly(database)} ${policies[policy]}`);
	const more = snapshots.length > shownPaths ? `; and ${snapshots.length - shownPaths} more` : "";
	return [`A rollback brings back the code; ${databases.join("; ")}${more}. ${never}`];
}
