// A family: every process that descends from a start of ours, found by group and by a marker in the environment. Ends them as a whole.
import { setTimeout as sleep } from "node:timers/promises";
import {
	isAlive,
	type LivingProcess,
	livingProcesses,
	mapInParts,
	type ProcessStat,
	readEnvironment,
	readStat,
} from "./procfs.js";

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
	/** The process that holds the family's sandbox: when it dies, all of them do, so it gets no TERM and is not counted. */
	readonly holder?: number;
}

const POLL_MS = 25;
/** One that does not die within some tries waits for its disk: looking at everything again and again would only slow that down. */
const LONGEST_POLL_MS = 200;
const KNOWN_POLL_MS = 2;
/** A process in uninterruptible sleep ignores KILL until its I/O returns. */
const KILL_PATIENCE_MS = 30_000;

/** Living members, children of members too. Never this process. Who was known once stays one, whatever it did to its traces. */
export async function membersOf(family: Family, known: readonly ProcessStat[] = []): Promise<LivingProcess[]> {
	const all = await livingProcesses(family.newerThan);
	const living = all.filter((stat) => stat.pid !== process.pid);
	const environments = await mapInParts(living, (stat) => readEnvironment(stat.thread));
	const select = (marker: Marker, groups: readonly number[]) =>
		living.filter((stat, index) => {
			if (groups.includes(stat.group) || groups.includes(stat.session)) return true;
			return environments[index]?.get(marker.name) === marker.value;
		});
	const { spare } = family;
	const spared = spare === undefined ? [] : withChildren(select(spare.marker, [spare.group]), living);
	const names = new Set(known.map(nameOf));
	const remembered = living.filter((stat) => names.has(nameOf(stat)));
	const members = withChildren([...select(family.marker, family.groups), ...remembered], living);
	const staying = new Set(spared);
	return members.filter((stat) => !staying.has(stat));
}

/** Everything below one process, itself included: all there is, where orphans cannot leave it. Asks for no environment. */
export async function descendantsOf(pid: number): Promise<LivingProcess[]> {
	const living = await livingProcesses(pid - 1);
	return withChildren(
		living.filter((stat) => stat.pid === pid),
		living,
	);
}

function withChildren(members: readonly LivingProcess[], living: readonly LivingProcess[]): LivingProcess[] {
	const children = new Map<number, LivingProcess[]>();
	for (const stat of living) {
		const siblings = children.get(stat.parent);
		if (siblings === undefined) children.set(stat.parent, [stat]);
		else siblings.push(stat);
	}
	const found = new Set(members);
	// A set hands out what is added to it while it is walked.
	for (const member of found) for (const child of children.get(member.pid) ?? []) found.add(child);
	return [...found];
}

/** At once, before anything is looked up: a sandbox dies as a whole, others stand still, so that all can be found by their parents. */
export function halt({ groups, holder }: Family): void {
	for (const group of groups.filter((one) => one > 1)) send(-group, holder === undefined ? "SIGSTOP" : "SIGKILL");
}

export interface Ending {
	/** Zero: no signal but KILL. */
	readonly graceMs: number;
	/** TERM where it is left out. */
	readonly signal?: NodeJS.Signals;
	/** `leader`: only the first process of each group at first, which is to end the others. */
	readonly order?: "group" | "leader";
	readonly known?: readonly ProcessStat[];
}

/** The signal, up to the grace, then KILL until none is left; without a grace KILL at once. Rejects when one cannot be ended. */
export async function endFamily(family: Family, ending: Ending): Promise<void> {
	const { graceMs, signal = "SIGTERM", order = "group", known = [] } = ending;
	const graceEnds = performance.now() + graceMs;
	if (graceMs > 0 && order === "leader") await endLeaders(family, signal, graceEnds);
	let members =
		performance.now() < graceEnds
			? await signalMembers(family, signal, known)
			: await withNewcomers(family, await stillThere(known));
	while (members.length > 0 && performance.now() < graceEnds) {
		members = await withNewcomers(family, await untilGone(members, graceEnds));
	}
	const patienceEnds = performance.now() + KILL_PATIENCE_MS;
	for (let pollMs = POLL_MS; members.length > 0; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
		if (performance.now() > patienceEnds) throw new Error(`Processes survive SIGKILL: ${pidsOf(members)}.`);
		const killed = await signalMembers(family, "SIGKILL", members);
		members = await withNewcomers(family, await untilGone(killed, performance.now() + pollMs));
	}
}

/** Those that we started ourselves; nobody else hears of it before they have ended. */
async function endLeaders(family: Family, signal: NodeJS.Signals, graceEnds: number): Promise<void> {
	const leaders = (await membersOf(family)).filter(({ pid }) => family.groups.includes(pid));
	await mapInParts(leaders, (stat) => signalOne(stat, signal));
	await untilGone(leaders, graceEnds);
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
	const names = new Set(members.map(nameOf));
	const now = await mapInParts(members, (stat) => readStat(stat.pid));
	return now.filter(isAlive).filter((stat) => names.has(nameOf(stat)));
}

/** A pid alone may have another owner by now. */
function nameOf({ pid, startTicks }: ProcessStat): string {
	return `${pid}/${startTicks}`;
}

/** Once known, a member stays one: it may have lost its parent since, by which it was found. */
async function withNewcomers(family: Family, known: readonly ProcessStat[]): Promise<ProcessStat[]> {
	const found = await membersOf(family, known);
	const names = new Set(known.map(nameOf));
	return [...known, ...found.filter((stat) => !names.has(nameOf(stat)))];
}

/** A group gets the signal at once, so that none can fork away between two signals; but for a group with somebody in it who stays. */
async function signalMembers(
	family: Family,
	signal: NodeJS.Signals,
	known: readonly ProcessStat[],
): Promise<ProcessStat[]> {
	const members = await withNewcomers(family, known);
	const own = (await readStat(process.pid))?.group;
	const holding = signal === "SIGKILL" ? undefined : family.holder;
	const whole = new Set(
		family.groups.filter((group) => group > 1 && group !== own && group !== family.spare?.group && group !== holding),
	);
	const present = new Set(members.map((stat) => stat.group).filter((group) => whole.has(group)));
	for (const group of present) send(-group, signal);
	// One that left its group in between was missed by that.
	const others = (await stillThere(members)).filter((stat) => !present.has(stat.group) && !holds(stat, holding));
	await mapInParts(others, (stat) => signalOne(stat, signal));
	return members;
}

/** The holder, and the first process of its sandbox, which looks after the others. */
export function holds(stat: ProcessStat, holder: number | undefined): boolean {
	return holder !== undefined && (stat.pid === holder || stat.parent === holder);
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
