// One trial of the crash matrix: a fresh repository, a story with its faults, as many lives as it takes, and a judge that knows only
// two good ends: all old or all new.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ground } from "./ground.js";
import { judge } from "./judge.js";
import { type Below, type Stage, Stuck, untilWell } from "./life.js";
import { settingsOf, setUp } from "./repository.js";

export type Story =
	| "baseline"
	| "confirm"
	| "rollback"
	| "probation"
	| "exit"
	| "agent"
	| "agentConfirm"
	| "agentBaseline"
	| "inPlace"
	| "inPlaceBaseline"
	| "inPlaceConfirm";

export const errnos = ["EIO", "ENOSPC", "EMFILE", "EACCES"] as const;
export type Errno = (typeof errnos)[number];
/** `power`: what was not fsynced is gone, and the process with it. */
export type FaultKind = "kill" | "power" | Errno;

export interface Fault {
	readonly site: string;
	readonly occurrence: number;
	readonly moment: "before" | "after";
	readonly kind: FaultKind;
	/** What goes on failing until the life is killed; left out: the effect failed once. */
	readonly lasting?: "site" | "journal";
}

/**
 * When a life that was hurt is killed: as soon as one fact more, or three, are on disk after the fault; when it has acknowledged a
 * verdict, or somewhat later; when the trial begins; or when it had its time. Always after that time, and before it tells its end.
 */
export type Kill = "fact" | "facts" | "verdict" | "afterVerdict" | "trial" | "time";

/** One of the lives before the sound ones: what fails in it, if anything does, and when it is killed. */
export interface Hurt {
	readonly fault?: Fault;
	readonly below?: Below;
	readonly kill: Kill;
}

export interface Plan {
	readonly story: Story;
	readonly port: number;
	/** Dies or fails there once, and nobody kills anything besides. */
	readonly fault?: Fault;
	/** Then somebody has to approve, and what is answered is kept as acknowledged. */
	readonly hurts?: readonly Hurt[];
	/** How the verdict is asked for; left out: on the card. A click is on disk before it is judged, a verb is not. */
	readonly asking?: "card" | "verb";
	/** The module of the product that lives play with. */
	readonly product: string;
	/** The same for what comes before the faults. */
	readonly sound: string;
}

export interface Trial {
	readonly end: "old" | "new" | "mixed" | "lost" | "stuck";
	readonly why: string;
	readonly fired: boolean;
	readonly lives: number;
	/** Hurt lives that ended by themselves before anybody killed them. */
	readonly fell: number;
	readonly trace: readonly string[];
	/** What was answered with yes, in its order. */
	readonly acks: readonly string[];
	/** System calls that were counted in the last life that was hurt below. */
	readonly calls: number;
}

/** Stories whose faults come before there is anything to swap. */
export function isBaseline(story: Story): boolean {
	return /baseline$/i.test(story);
}

export async function runTrial(ground: Ground, plan: Plan): Promise<Trial> {
	const { story, port, fault, hurts, product, sound, asking = "card" } = plan;
	const notes = await mkdtemp(join(tmpdir(), "deadman-notes-"));
	const settings = settingsOf(story, { port, approval: hurts === undefined ? "auto" : "required" });
	const progress = { lives: 0, index: 0, fell: 0, calls: 0, saidOfIt: [] };
	const stage: Stage = { ground, notes, settings, asking, fault, hurts: hurts ?? null, product, ...progress };
	try {
		await layStage({ ...stage, fault: undefined, hurts: null, product: sound }, story);
		const judged = await ended(stage, story);
		const acks = await linesOf(notes, "acks");
		const trace = await linesOf(notes, "trace");
		const { lives, fell, calls } = stage;
		const told = stage.saidOfIt.map((line) => `${line}\n`).join("");
		return {
			...judged,
			why: `${told}${judged.why}`,
			fired: firedAll(notes, hurts ?? [{ fault, kill: "time" }]),
			lives,
			fell,
			trace,
			acks,
			calls,
		};
	} finally {
		await rm(notes, { recursive: true, force: true });
	}
}

/** The baseline is part of only one story; for the others it stands before the faults begin. */
async function layStage(stage: Stage, story: Story): Promise<void> {
	if (await stage.ground.lay(story)) return;
	await setUp(stage.ground.root, story);
	if (!isBaseline(story)) await untilWell(stage, "prepare");
	await stage.ground.keep(story);
	await rm(join(stage.notes, "trace"), { force: true });
}

async function ended(stage: Stage, story: Story): Promise<Pick<Trial, "end" | "why">> {
	try {
		const printed = await playToTheEnd(stage, story);
		const judged = await judge(stage.ground.root, story, printed);
		if (judged.end === "mixed" && isStranded(printed)) return { end: "stuck", why: judged.why };
		return lostOf(judged, await linesOf(stage.notes, "acks"), await linesOf(stage.notes, "lost")) ?? judged;
	} catch (error) {
		if (error instanceof Stuck) return { end: "stuck", why: error.message };
		throw error;
	}
}

/** Waits for a person where nothing but an error that went by was in the way. */
function isStranded(printed: string): boolean {
	return (JSON.parse(printed) as { end: { status?: string } }).end.status === "stranded";
}

/** What was acknowledged before a death is still true: or the trial's end is this. */
function lostOf(
	{ end, why }: Pick<Trial, "end" | "why">,
	acks: readonly string[],
	seenLost: readonly string[],
): Pick<Trial, "end" | "why"> | null {
	if (end === "mixed") return null;
	const broken = [...seenLost];
	if (acks.includes("confirm") && end !== "new") broken.push("a confirm was acknowledged, and the old version runs");
	if (acks.includes("rollback") && end !== "old") broken.push("a rollback was acknowledged, and the new version runs");
	return broken.length === 0 ? null : { end: "lost", why: `${broken.join("; ")}: ${why}` };
}

async function playToTheEnd(stage: Stage, story: Story): Promise<string> {
	const inBaseline = isBaseline(story);
	if (inBaseline) await untilWell(stage, "prepare");
	const confirms = story === "confirm" || story.endsWith("Confirm");
	const played = confirms ? "confirm" : story === "probation" ? story : "rollback";
	return untilWell(inBaseline ? Object.assign(stage, { fault: undefined, hurts: null }) : stage, played);
}

/** A life without a fault, that is only killed, has nothing to fire. */
function firedAll(notes: string, hurts: readonly Hurt[]): boolean {
	const planned = hurts.map(({ fault, below }) => fault !== undefined || (below !== undefined && below.errno !== null));
	return planned.every((isPlanned, index) => !isPlanned || existsSync(join(notes, `fired-${index}`)));
}

async function linesOf(folder: string, name: string): Promise<string[]> {
	return (await readFile(join(folder, name), "utf8").catch(() => "")).split("\n").filter(Boolean);
}
