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
	const graceEnds = performance.now() + graceMs;
	const told = await tellLeaders(family, graceEnds);
	let members = await signalMembers(family, "SIGTERM", told);
	while (members.length > 0 && performance.now() < graceEnds) {
		await untilGone(members, graceEnds);
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

/** The leaders are known without a search, and most families end with them. Answers with the groups that have had their signal. */
async function tellLeaders({ groups, spare }: Family, untilMs: number): Promise<ReadonlySet<number>> {
	const known = groups.filter((group) => group > 1 && group !== spare?.group);
	const leaders = (await mapInParts(known, readStat)).filter(isAlive).filter((stat) => stat.group === stat.pid);
	for (const { group } of leaders) send(-group, "SIGTERM");
	await untilGone(leaders, untilMs);
	return new Set(leaders.map(({ group }) => group));
}

/** Looks only at those it knows, which is cheap enough to do often; who joined them meanwhile is found afterwards. */
async function untilGone(members: readonly ProcessStat[], untilMs: number): Promise<void> {
	for (let left = members; left.length > 0 && performance.now() < untilMs; ) {
		await sleep(KNOWN_POLL_MS);
		const now = await mapInParts(left, (stat) => readStat(stat.pid));
		left = left.filter((stat, index) => {
			const found = now[index] ?? null;
			return isAlive(found) && found.startTicks === stat.startTicks;
		});
	}
}

/** A group gets the signal at once, so that none can fork away between two signals; but for a group with somebody in it who stays. */
async function signalMembers(
	family: Family,
	signal: NodeJS.Signals,
	told: ReadonlySet<number> = new Set(),
): Promise<ProcessStat[]> {
	const members = await membersOf(family);
	const own = (await readStat(process.pid))?.group;
	const whole = new Set(family.groups.filter((group) => group > 1 && group !== own && group !== family.spare?.group));
	const present = new Set(members.map((stat) => stat.group).filter((group) => whole.has(group)));
	for (const group of present) if (!told.has(group)) send(-group, signal);
	const others = members.filter((stat) => !present.has(stat.group));
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
