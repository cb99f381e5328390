// One trial of the crash matrix: a fresh repository, a story with one planted fault, as many lives as it takes, and a judge that
// knows only two good ends: all old or all new.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Ground } from "./ground.js";
import { gitIn, judge } from "./judge.js";

const execFileAsync = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

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
/** `power`: what was not fsynced is gone, and the process with it. */
export type FaultKind = "kill" | "EIO" | "ENOSPC" | "power";

export interface Fault {
	readonly site: string;
	readonly occurrence: number;
	readonly moment: "before" | "after";
	readonly kind: FaultKind;
}

export interface Trial {
	readonly end: "old" | "new" | "mixed";
	readonly why: string;
	readonly fired: boolean;
	readonly lives: number;
	readonly trace: readonly string[];
}

export interface Plan {
	readonly story: Story;
	readonly port: number;
	readonly fault?: Fault;
}

/** Stories whose faults come before there is anything to swap. */
export function isBaseline(story: Story): boolean {
	return /baseline$/i.test(story);
}

interface Stage {
	readonly ground: Ground;
	readonly notes: string;
	readonly settings: unknown;
}

const longestLives = 8;

export async function runTrial(ground: Ground, { story, port, fault }: Plan): Promise<Trial> {
	const notes = await mkdtemp(join(tmpdir(), "deadman-notes-"));
	const stage = { ground, notes, settings: settingsOf(story, port) };
	try {
		await layStage(stage, story);
		const { printed, lives } = await playToTheEnd(stage, story, fault);
		const judged = await judge(ground.root, story, printed);
		const trace = (await readFile(join(notes, "trace"), "utf8").catch(() => "")).split("\n").filter(Boolean);
		return { ...judged, fired: existsSync(join(notes, "fired")), lives, trace };
	} finally {
		await rm(notes, { recursive: true, force: true });
	}
}

/** The baseline is part of only one story; for the others it stands before the faults begin. */
async function layStage(stage: Stage, story: Story): Promise<void> {
	if (await stage.ground.lay(story)) return;
	await setUp(stage.ground.root, story);
	if (!isBaseline(story)) await untilWell(stage, "prepare", undefined);
	await stage.ground.keep(story);
	await rm(join(stage.notes, "trace"), { force: true });
}

async function setUp(root: string, story: Story): Promise<void> {
	const git = gitIn(root);
	await git("init", "-q", "-b", "main");
	await copyFile(join(here, "program.cjs"), join(root, "program.cjs"));
	await writeFile(join(root, "package-lock.json"), "{}");
	await writeFile(join(root, ".gitignore"), "data/\n.deadman/\nnode_modules/\nout/\ngroups/\nprivate/\n");
	await mkdir(join(root, "skills"));
	await writeFile(join(root, "skills", "skill.md"), "one\n");
	await layPrivate(root);
	if (story.startsWith("inPlace")) await layOutput(root);
	await git("add", ".");
	await git("commit", "-qm", "Version 1");
	await git("tag", "base");
	// An operator's edit that nobody has committed: it is kept, and stays where it is.
	if (story === "confirm") await writeFile(join(root, "skills", "skill.md"), "mine\n");
	await mkdir(join(root, "data"));
}

/** What an agent has beside the template: a file that only it has, one that may run, and a folder with nothing in it. */
async function layPrivate(root: string): Promise<void> {
	await mkdir(join(root, "private", "skills", "empty"), { recursive: true });
	await mkdir(join(root, "groups", "agent"), { recursive: true });
	await writeFile(join(root, "private", "skills", "skill.md"), "one\n");
	await writeFile(join(root, "private", "skills", "mine.sh"), "#!/bin/sh\n", { mode: 0o755 });
	await writeFile(join(root, "groups", "agent", "memory.md"), "remembered\n");
}

/** What an operator who runs from the checkout has built before. */
async function layOutput(root: string): Promise<void> {
	for (const folder of ["out", "node_modules/dependency"]) await mkdir(join(root, folder), { recursive: true });
	await writeFile(join(root, "out", "version"), "const VERSION = 1;\n");
	await writeFile(join(root, "node_modules", "dependency", "file"), "1\n");
}

const agent = {
	own: "groups/agent",
	mappings: [{ template: "skills", folder: "private/skills" }],
	program: {
		command: ["sleep", "1000"],
		stopGrace: "1s",
		readiness: { minUptime: "1ms", interval: "50ms" },
	},
};

function settingsOf(story: Story, port: number): unknown {
	return {
		approval: "auto",
		shared: ["data"],
		deadman: { initial: "30s", afterDelivery: "30s", cap: "60s" },
		databases: [{ path: "data/app.db", policy: story === "exit" ? "restore" : "replay" }],
		install: "mkdir -p node_modules/dependency && echo 1 > node_modules/dependency/file",
		build: "mkdir -p out && grep VERSION program.cjs | head -1 > out/version",
		checks: ["test -f out/version"],
		summaries: "overall",
		...(story.startsWith("agent") ? { targets: { agent } } : {}),
		...(story.startsWith("inPlace") ? { activation: "in_place", outputs: ["out", "node_modules"] } : {}),
		delivery: [],
		program: {
			command: ["node", "program.cjs"],
			env: { PORT: String(port), NODE_PATH: modules },
			stopGrace: "2s",
			restart: story === "exit" ? "exit" : "program",
			readiness: { http: `http://127.0.0.1:${port}/`, timeout: "10s", minUptime: "1ms", interval: "50ms" },
		},
	};
}

async function playToTheEnd(
	stage: Stage,
	story: Story,
	fault: Fault | undefined,
): Promise<{ printed: string; lives: number }> {
	const inBaseline = isBaseline(story);
	const before = inBaseline ? await untilWell(stage, "prepare", fault) : { lives: 0 };
	const confirms = story === "confirm" || story.endsWith("Confirm");
	const played = confirms ? "confirm" : story === "probation" ? story : "rollback";
	const after = await untilWell(stage, played, inBaseline ? undefined : fault);
	return { printed: after.printed, lives: before.lives + after.lives };
}

/** As a process manager would: respawns after a death and after "restart me", until a life ends well. */
async function untilWell(
	stage: Stage,
	story: string,
	fault: Fault | undefined,
): Promise<{ printed: string; lives: number }> {
	for (let lives = 1; lives <= longestLives; lives += 1) {
		const printed = await oneLife(stage, story, fault);
		if (printed !== null) return { printed, lives };
		if (fault?.kind === "power") await stage.ground.revive();
	}
	throw new Error(`No life of ${longestLives} ended well (${story}, ${JSON.stringify(fault)}).`);
}

/** The printed end, or null when this life died or asked for a restart. */
async function oneLife(
	{ ground, notes, settings }: Stage,
	story: string,
	fault: Fault | undefined,
): Promise<string | null> {
	const plan = JSON.stringify({ root: ground.root, notes, settings, story, fault });
	try {
		const { stdout } = await execFileAsync(process.execPath, [join(here, "story.mjs"), plan], {
			timeout: 60_000,
			killSignal: "SIGKILL",
			env: { ...process.env, DEADMAN_LOG: "error" },
		});
		return stdout;
	} catch (error) {
		const { signal, code, killed, stderr } = error as {
			signal?: string;
			code?: number;
			killed?: boolean;
			stderr?: string;
		};
		if ((signal === "SIGKILL" && killed !== true) || code === 75) return null;
		const how = killed === true ? "60 s passed" : (signal ?? code);
		throw new Error(`A life of ${story} ended badly (${how}): ${JSON.stringify(fault)}\n${stderr?.slice(-4_000)}`);
	}
}
