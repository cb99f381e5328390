// A family: every process that descends from a start of ours, found by group and by a marker in the environment. Ends them as a whole.
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, livingProcesses, mapInParts, type ProcessStat, readEnvironment, readStat } from "./procfs.js";

export interface Marker {
	readonly name: string;
	readonly value: string;
}

export interface Family {
	readonly marker: Marker;
	/** Process groups known to be ours, for members that overwrote their environment. */
	readonly groups: readonly number[];
	/** Members that stay: those who carry this marker or are in this group, and their children. */
	readonly spare?: { readonly marker: Marker; readonly group: number };
	/** Looks only at processes younger than this pid: quick, for families that began with it. */
	readonly newerThan?: number;
}

const POLL_MS = 25;
const KNOWN_POLL_MS = 2;
/** A process in uninterruptible sleep ignores KILL until its I/O returns. */
const KILL_PATIENCE_MS = 30_000;

/** Living members, children of members too. Never this process. */
export async function membersOf(family: Family): Promise<ProcessStat[]> {
	const all = await livingProcesses(family.newerThan);
	const living = all.filter((stat) => stat.pid !== process.pid);
	const environments = await mapInParts(living, (stat) => readEnvironment(stat.pid));
	const select = (marker: Marker, groups: readonly number[]) =>
		living.filter((stat, index) => {
			if (groups.includes(stat.group) || groups.includes(stat.session)) return true;
			return environments[index]?.get(marker.name) === marker.value;
		});
	const { spare } = family;
	const spared = spare === undefined ? [] : withChildren(select(spare.marker, [spare.group]), living);
	const members = withChildren(select(family.marker, family.groups), living);
	return members.filter((stat) => !spared.includes(stat));
}

function withChildren(members: readonly ProcessStat[], living: readonly ProcessStat[]): ProcessStat[] {
	const pids = new Set(members.map((stat) => stat.pid));
	for (let before = -1; before !== pids.size; ) {
		before = pids.size;
		for (const stat of living) if (pids.has(stat.parent)) pids.add(stat.pid);
	}
	return living.filter((stat) => pids.has(stat.pid));
}

/** TERM, up to `graceMs`, then KILL until none is left. Rejects when one cannot be ended. */
export async function endFamily(family: Family, graceMs: number): Promise<void> {
	let members = await signalMembers(family, "SIGTERM", []);
	const graceEnds = performance.now() + graceMs;
	while (members.length > 0 && performance.now() < graceEnds) {
		members = await withNewcomers(family, await untilGone(members, graceEnds));
	}
	const patienceEnds = performance.now() + KILL_PATIENCE_MS;
	while (members.length > 0) {
		if (performance.now() > patienceEnds) throw new Error(`Processes survive SIGKILL: ${pidsOf(members)}.`);
		const killed = await signalMembers(family, "SIGKILL", members);
		members = await withNewcomers(family, await untilGone(killed, performance.now() + POLL_MS));
	}
}

/** Looks only at those it knows, which is cheap enough to do often; answers with those who are left. */
async function untilGone(members: readonly ProcessStat[], untilMs: number): Promise<ProcessStat[]> {
	let left = await stillThere(members);
	while (left.length > 0 && performance.now() < untilMs) {
		await sleep(KNOWN_POLL_MS);
		left = await stillThere(left);
	}
	return left;
}

async function stillThere(members: readonly ProcessStat[]): Promise<ProcessStat[]> {
	const now = await mapInParts(members, (stat) => readStat(stat.pid));
	return now.filter(isAlive).filter((stat) => members.some((known) => isSame(known, stat)));
}

function isSame(a: ProcessStat, b: ProcessStat): boolean {
	return a.pid === b.pid && a.startTicks === b.startTicks;
}

/** Once known, a member stays one: it may have lost its parent since, by which it was found. */
async function withNewcomers(family: Family, known: readonly ProcessStat[]): Promise<ProcessStat[]> {
	const found = await membersOf(family);
	return [...known, ...found.filter((stat) => !known.some((other) => isSame(other, stat)))];
}

/** A group gets the signal at once, so that none can fork away between two signals; but for a group with somebody in it who stays. */
async function signalMembers(
	family: Family,
	signal: NodeJS.Signals,
	known: readonly ProcessStat[],
): Promise<ProcessStat[]> {
	const members = await withNewcomers(family, known);
	const own = (await readStat(process.pid))?.group;
	const whole = new Set(family.groups.filter((group) => group > 1 && group !== own && group !== family.spare?.group));
	const present = new Set(members.map((stat) => stat.group).filter((group) => whole.has(group)));
	for (const group of present) send(-group, signal);
	// One that left its group in between was missed by that.
	const others = (await stillThere(members)).filter((stat) => !present.has(stat.group));
	await mapInParts(others, (stat) => signalOne(stat, signal));
	return members;
}

/** Looks again right before: the pid may have another owner by now. */
async function signalOne(stat: ProcessStat, signal: NodeJS.Signals): Promise<void> {
	const now = await readStat(stat.pid);
	if (isAlive(now) && now.startTicks === stat.startTicks) send(stat.pid, signal);
}

function send(target: number, signal: NodeJS.Signals): void {
	try {
		process.kill(target, signal);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "ESRCH" && code !== "EPERM") throw error;
	}
}

function pidsOf(members: readonly ProcessStat[]): string {
	return members.map((stat) => stat.pid).join(", ");
}
