// The lives of one trial: each a process that plays the story, under an injector of system calls where that is asked for. Starts them
// again as a process manager would, until one ends well; the hurt ones come first.
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { quickFork } from "../support/fork/quick-fork.js";
import type { Ground } from "./ground.js";
import { layControl, readControl, sysfaultCommand } from "./sysfault.js";
import type { Errno, Fault, Hurt } from "./trial.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const longestLives = 8;
const longestMs = 120_000;

/** System calls that fail at one path of the trial or below it, in the supervisor, its threads and its children. */
export interface Below {
	/** The injector, built. */
	readonly injector: string;
	/** Relative to the repository; "." is all of it. */
	readonly path: string;
	readonly calls: "all" | "writes" | "reads" | "space";
	/** Null only counts. */
	readonly errno: Errno | null;
	readonly lasting: boolean;
	/** The number of the call that fails first. */
	readonly at: number;
	/** From where calls count. */
	readonly from: "start" | "trial";
}

export interface Stage {
	readonly ground: Ground;
	readonly notes: string;
	readonly settings: unknown;
	readonly asking: "card" | "verb";
	fault: Fault | undefined;
	hurts: readonly Hurt[] | null;
	/** The module of the product that lives play with. */
	readonly product: string;
	/** How far it has come; `index` is that of the hurt life that is next. */
	lives: number;
	index: number;
	fell: number;
	calls: number;
	/** What of it failed, and how it ended where nobody killed it: for whoever reads of a trial that went wrong. */
	readonly saidOfIt: string[];
}

/** No life came to an end in time, or none of many ended well. */
export class Stuck extends Error {}

interface Ending {
	readonly signal: string | null;
	readonly code: number | null;
	readonly tooLong: boolean;
	readonly stdout: string;
	readonly stderr: string;
}

/** Respawns after a death and after "restart me", until a life ends well: what that one printed. */
export async function untilWell(stage: Stage, story: string): Promise<string> {
	for (let lives = 1; lives <= longestLives; lives += 1) {
		stage.lives += 1;
		const hurt = stage.hurts?.[stage.index] ?? null;
		const ending = await oneLife(stage, story, hurt);
		if (ending.code === 0) return ending.stdout;
		settle(stage, story, hurt, ending);
		if (stage.fault?.kind === "power") await stage.ground.revive();
	}
	throw new Stuck(`No life of ${longestLives} ended well (${story}, ${JSON.stringify(stage.hurts ?? stage.fault)}).`);
}

/** A life may be killed and may ask for a restart; only a hurt one may end in another way, and the next one has to do. */
function settle(stage: Stage, story: string, hurt: Hurt | null, { signal, code, tooLong, stderr }: Ending): void {
	const what = JSON.stringify(hurt ?? stage.fault);
	if (tooLong)
		throw new Stuck(`A life of ${story} did not end within ${longestMs} ms: ${what}\n${stderr.slice(-4_000)}`);
	const killed = existsSync(join(stage.notes, `killed-${stage.index}`));
	if (hurt !== null && (killed || code !== 75)) {
		stage.index += 1;
		if (killed) return;
		stage.fell += 1;
		stage.saidOfIt.push(`it ended by itself (${signal ?? code}): ${stderr.slice(-1_000)}`);
		return;
	}
	if (signal === "SIGKILL" || code === 75) return;
	throw new Stuck(`A life of ${story} ended badly (${signal ?? code}): ${what}\n${stderr.slice(-4_000)}`);
}

async function oneLife(stage: Stage, story: string, hurt: Hurt | null): Promise<Ending> {
	const { ground, notes, settings, asking, product, index } = stage;
	const below = hurt?.below ?? null;
	const control = below === null ? null : join(notes, `control-${index}`);
	const plan = {
		...{ root: ground.root, notes, settings, asking, story, product, index },
		fault: hurt?.fault ?? (stage.hurts === null ? stage.fault : undefined),
		hurt: stage.hurts === null ? null : { kill: hurt?.kill ?? null, control, from: below?.from ?? null },
	};
	const command = [process.execPath, join(here, "story.mjs"), JSON.stringify(plan)];
	if (below === null || control === null) return plainly(command, quickly);
	await layControl(control, below.at);
	const ending = await injected(
		sysfaultCommand({ ...below, path: join(ground.root, below.path), control }, command),
		control,
	);
	const { count, fired, what } = await readControl(control);
	stage.calls = count;
	// A life may have died of it before it could say so.
	if (fired > 0) await writeFile(join(notes, `fired-${index}`), "");
	if (fired > 0) stage.saidOfIt.push(`call ${fired} failed: ${what}`);
	return ending;
}

const library = quickFork();
const quickly = library === null ? {} : { LD_PRELOAD: library };
const environment = () => ({ ...process.env, DEADMAN_LOG: "error", UV_USE_IO_URING: "0" });

function plainly([file = "", ...args]: readonly string[], more: NodeJS.ProcessEnv): Promise<Ending> {
	const options = { timeout: longestMs, killSignal: "SIGKILL", env: { ...environment(), ...more } } as const;
	return new Promise((resolve) => {
		const child = execFile(file, args, options, (error, stdout, stderr) => {
			const { exitCode: code, signalCode: signal } = child;
			resolve({ code, signal, tooLong: error?.killed === true, stdout, stderr });
		});
	});
}

/** The injector lives on with the program that a killed life has left, so the end of the life is read from its control file. */
async function injected([file = "", ...args]: readonly string[], control: string): Promise<Ending> {
	const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: environment() });
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (piece) => {
		stdout += piece;
	});
	child.stderr.on("data", (piece) => {
		stderr += piece;
	});
	const endMs = performance.now() + longestMs;
	let ended = 0;
	while (ended === 0 && child.exitCode === null && performance.now() < endMs) {
		await sleep(20);
		ended = (await readControl(control)).ended;
	}
	if (ended === 0) await end(control);
	await sleep(20);
	child.stdout.destroy();
	child.stderr.destroy();
	child.unref();
	const code = ended - 1;
	const killed = code === 128 + 9;
	return { code: killed ? null : code, signal: killed ? "SIGKILL" : null, tooLong: ended === 0, stdout, stderr };
}

/** The life tells its process at its start. */
async function end(control: string): Promise<void> {
	const pid = Number(await readFile(`${control}.pid`, "utf8").catch(() => "0"));
	if (pid > 0) process.kill(pid, "SIGKILL");
}
