// A family: all processes that descend from one start of ours, found by group and by a marker in the environment. Ends them as a whole.
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, livingProcesses, mapInParts, type ProcessStat, readEnvironment, readStat } from "./procfs.js";

/** `marker` is a variable and its value; `groups` are process groups known to be ours. */
export interface Family {
	readonly marker: { readonly name: string; readonly value: string };
	readonly groups: readonly number[];
	/** Groups that stay. */
	readonly spare?: readonly number[];
}

const POLL_MS = 25;
/** A process in uninterruptible sleep ignores KILL until its I/O returns. */
const KILL_PATIENCE_MS = 30_000;

/** Living members, children of members too (one may have overwritten its environment). Never this process. */
export async function membersOf(family: Family): Promise<ProcessStat[]> {
	const living = (await livingProcesses()).filter((stat) => stat.pid !== process.pid);
	const marked = await mapInParts(living, (stat) => belongs(stat, family));
	const members = new Set(living.filter((_, index) => marked[index]).map((stat) => stat.pid));
	for (let before = -1; before !== members.size; ) {
		before = members.size;
		for (const stat of living) if (members.has(stat.parent)) members.add(stat.pid);
	}
	return living.filter((stat) => members.has(stat.pid) && !(family.spare ?? []).includes(stat.group));
}

async function belongs(stat: ProcessStat, { groups, marker }: Family): Promise<boolean> {
	if (groups.includes(stat.group) || groups.includes(stat.session)) return true;
	return (await readEnvironment(stat.pid))?.get(marker.name) === marker.value;
}

/** TERM, up to `graceMs`, then KILL until none is left. Rejects when one cannot be ended. */
export async function endFamily(family: Family, graceMs: number): Promise<void> {
	let members = await signalMembers(family, "SIGTERM");
	const graceEnds = performance.now() + graceMs;
	while (members.length > 0 && performance.now() < graceEnds) {
		await sleep(Math.min(POLL_MS, graceMs));
		members = await membersOf(family);
	}
	const patienceEnds = performance.now() + KILL_PATIENCE_MS;
	while (members.length > 0) {
		if (performance.now() > patienceEnds) throw new Error(`Processes survive SIGKILL: ${pidsOf(members)}.`);
		await signalMembers(family, "SIGKILL");
		await sleep(POLL_MS);
		members = await membersOf(family);
	}
}

async function signalMembers(family: Family, signal: NodeJS.Signals): Promise<ProcessStat[]> {
	const members = await membersOf(family);
	const present = family.groups.filter((group) => members.some((stat) => stat.group === group));
	for (const group of present) signalGroup(group, signal);
	const alone = members.filter((stat) => !family.groups.includes(stat.group));
	await mapInParts(alone, (stat) => signalOne(stat, signal));
	return members;
}

/** Signals a group at once, so that none can fork away between two signals. False when it is gone. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
	return group > 1 && send(-group, signal);
}

/** Looks again right before: the pid may have another owner by now. */
async function signalOne(stat: ProcessStat, signal: NodeJS.Signals): Promise<void> {
	const now = await readStat(stat.pid);
	if (isAlive(now) && now.startTicks === stat.startTicks) send(stat.pid, signal);
}

function send(target: number, signal: NodeJS.Signals): boolean {
	try {
		process.kill(target, signal);
		return true;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ESRCH" || code === "EPERM") return false;
		throw error;
	}
}

function pidsOf(members: readonly ProcessStat[]): string {
	return members.map((stat) => stat.pid).join(", ");
}
