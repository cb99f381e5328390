// What the stories share: a theatre with short windows and every bad-habit program in its repository, and ways to look at it from outside.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { cp, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, closeTheatre, deadman, git, openTheatre, serving } from "../../fixtures/demo/theatre.js";
import { until } from "../support/until.js";

const Database: typeof import("better-sqlite3") = createRequire(import.meta.url)("better-sqlite3");
const programsFolder = fileURLToPath(new URL("../../fixtures/programs", import.meta.url));
export const deadmanBin = fileURLToPath(new URL("../../bin/deadman.js", import.meta.url));
const clientModule = fileURLToPath(new URL("../../dist/client.js", import.meta.url));
const execFileAsync = promisify(execFile);

// biome-ignore lint/suspicious/noExplicitAny: what the command line prints is looked at, not typed.
export type Json = any;
export interface Scene {
	readonly root: string;
	readonly port: number;
	supervisor: ChildProcess | null;
}

interface SceneOptions {
	/** Changes the configuration after the scene's own. */
	readonly configure?: (config: Json, root: string) => void;
	/** Adds files before the first commit. */
	readonly populate?: (root: string) => Promise<void>;
	/** The state lies where a first start puts it, outside of the repository; else in `.deadman`, as of old. */
	readonly outside?: boolean;
}

/** Approval is automatic and windows are long enough for a busy machine; a story about silence shortens them. */
export async function openScene({
	configure = () => {},
	populate = async () => {},
	outside = false,
}: SceneOptions = {}): Promise<Scene> {
	let at = "";
	return openTheatre({
		async populate(root: string) {
			at = root;
			await cp(programsFolder, join(root, "programs"), { recursive: true });
			await writeFile(join(root, "programs", "package.json"), '{ "type": "module" }\n');
			await populate(root);
		},
		configure(config: Json) {
			if (!outside) config.stateDir = ".deadman";
			config.approval = "auto";
			config.summaries = "overall";
			config.deadman = { initial: "60s", afterDelivery: "60s", cap: "120s" };
			config.program.stopGrace = "1s";
			Object.assign(config.program.env, { DATABASE: "data/notes.db", DEADMAN_CLIENT: clientModule });
			Object.assign(config.program.readiness, { minUptime: "200ms", interval: "200ms", timeout: "8s" });
			configure(config, at);
		},
	});
}

/** Starts the supervisor and waits until it answers on its socket, whatever the program does. */
export async function startSupervisor(scene: Scene): Promise<void> {
	const { pid } = launch(scene);
	const answers = async () => (await ask(scene, "/v1/status"))?.supervisor.pid === pid;
	await until("the supervisor answers", answers, 20_000);
}

export interface Launch {
	/** Arguments of node, such as a preload. */
	readonly node?: readonly string[];
	/** What the command is handed to, such as an injector. */
	readonly under?: (command: readonly string[]) => readonly string[];
}

/** Starts it and waits for nothing. */
export function launch(scene: Scene, { node = [], under = (command) => command }: Launch = {}): ChildProcess {
	const log = openSync(join(scene.root, "supervisor.log"), "a");
	const [file = "", ...args] = under([process.execPath, ...node, deadmanBin, "run"]);
	const child = spawn(file, args, { cwd: scene.root, stdio: ["ignore", log, log] });
	closeSync(log);
	scene.supervisor = child;
	return child;
}

/** Starts the supervisor and waits until the live version has proved itself. */
export async function raise(scene: Scene): Promise<void> {
	await startSupervisor(scene);
	await until("the program is proven", async () => (await programOf(scene))?.proven, 20_000);
}

export const close = (scene: Scene): Promise<void> => closeTheatre(scene);

export async function configure({ root }: Scene, change: (config: Json) => void): Promise<void> {
	const path = join(root, ".deadman", "config.json");
	const config = JSON.parse(await readFile(path, "utf8"));
	change(config);
	await writeFile(path, JSON.stringify(config));
}

/** The demo's program as another version, with a migration where `sql` is given. */
export const version =
	(number: number | string, sql?: string) =>
	(source: string): string =>
		source
			.replace(/const VERSION = ".*"/, `const VERSION = "${number}"`)
			.replace(/const MIGRATIONS = \[(.*)\]/, (all, before) =>
				sql === undefined ? all : `const MIGRATIONS = [${before}, ${JSON.stringify(sql)}]`,
			);

/** In the place of the demo's program: one of fixtures/programs, with its environment. */
export const habit =
	(name: string, env: Readonly<Record<string, string>> = {}) =>
	(): string =>
		`Object.assign(process.env, ${JSON.stringify(env)});\nimport("./programs/${name}.js");\n`;

/** Builds, submits and waits for one of these statuses. */
export async function attempt(
	scene: Scene,
	name: string,
	edit: (source: string) => string,
	...statuses: string[]
): Promise<Json> {
	await build(scene, name, edit);
	const { swap, error } = await deadman(scene, "submit", name, "--summary", `The change ${name}`);
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
	return statuses.length === 0 ? swap : reach(scene, swap.id, ...statuses);
}

/** Where the swap comes to rest; `awaiting_confirmation` has to be named. */
export async function reach(scene: Scene, id: string, ...statuses: string[]): Promise<Json> {
	const named = statuses.flatMap((status) => ["--until", status]);
	const { swap, error } = await deadman(scene, "wait", id, ...named, "--timeout", "50s");
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
	return swap;
}

export async function finish(scene: Scene, id: string, verb: "confirm" | "rollback"): Promise<Json> {
	const answer = await deadman(scene, verb, id);
	if (answer.code !== 0) throw new Error(`${verb}: ${JSON.stringify(answer)}`);
	return reach(scene, id, "finalized", "rolled_back");
}

/** One GET on the operator's socket, in this process: for what must be seen within milliseconds. Null when nobody answers. */
export const ask = (scene: Scene, path: string): Promise<Json> => call(scene, path, null);

/** The same for a verb; `code` is 0 where it was accepted, else the HTTP status. */
export const post = (scene: Scene, path: string, body: object): Promise<Json> =>
	call(scene, path, JSON.stringify(body));

async function call(scene: Scene, path: string, body: string | null): Promise<Json> {
	const socketPath = join(await stateDirOf(scene), "deadman.sock");
	const method = body === null ? "GET" : "POST";
	return new Promise((resolve) => {
		const sent = request({ socketPath, path, method, agent: false }, (answer) => {
			let text = "";
			answer.on("data", (piece) => {
				text += piece;
			});
			answer.on("error", () => resolve(null));
			answer.on("end", () => resolve({ code: answer.statusCode === 200 ? 0 : answer.statusCode, ...JSON.parse(text) }));
		});
		sent.on("error", () => resolve(null));
		sent.end(body ?? undefined);
	});
}

export const programOf = async (scene: Scene): Promise<Json> => (await ask(scene, "/v1/status"))?.supervisor?.program;

export const swapOf = async (scene: Scene, id: string): Promise<Json> => (await ask(scene, `/v1/swaps/${id}`))?.swap;

/** Polls the socket until the swap fits. */
export function seen(scene: Scene, id: string, what: string, fits: (swap: Json) => boolean): Promise<Json> {
	return until(
		`${id} is ${what}`,
		async () => {
			const swap = await swapOf(scene, id);
			return swap !== undefined && swap !== null && fits(swap) ? swap : null;
		},
		30_000,
	);
}

export const factsOf = async (scene: Scene, id: string): Promise<Json[]> => (await deadman(scene, "log", id)).facts;

/** All that a swap may change: which release is live, where the branch stands, every row and the schema. */
export async function state(scene: Scene): Promise<Json> {
	return {
		current: await readlink(join(await stateDirOf(scene), "current")),
		branch: (await git(scene, "rev-parse", "main")).trim(),
		...contents(scene),
	};
}

export async function stateDirOf({ root }: Scene): Promise<string> {
	const text = await readFile(join(root, ".deadman", "config.json"), "utf8").catch(() => "");
	const configured = /"stateDir":\s*"([^"]*)"/.exec(text)?.[1];
	if (configured !== undefined) return resolve(root, configured);
	return resolve(root, JSON.parse(await readFile(join(root, ".deadman", "state"), "utf8")).path);
}

export function contents({ root }: Scene): Json {
	const database = new Database(join(root, "data", "notes.db"), { readonly: true, fileMustExist: true });
	try {
		return {
			version: database.pragma("user_version", { simple: true }),
			schema: database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all(),
			notes: database.prepare("SELECT * FROM notes ORDER BY id").all(),
			check: database.pragma("integrity_check", { simple: true }),
		};
	} finally {
		database.close();
	}
}

export interface Living {
	readonly pid: number;
	readonly release: string;
}

/** Every living program and build of this scene, with its children; the supervisor's own git has no release and does not count. */
export async function living({ root }: Scene): Promise<Living[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
	const found = await Promise.all(
		pids.map(async (pid) => {
			const environment = (await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).split("\0");
			if (!environment.some((entry) => entry.startsWith("DEADMAN_") && entry.includes(root))) return null;
			const release = environment.find((entry) => entry.startsWith("DEADMAN_RELEASE="))?.slice(16);
			return release === undefined ? null : { pid: Number(pid), release };
		}),
	);
	return found.filter((one) => one !== null);
}

/** `deadman run` to its end: for a supervisor that refuses to start. */
export async function runToItsEnd(
	{ root }: Scene,
	...args: string[]
): Promise<{ code: number; out: Json; log: string }> {
	const child = spawn(process.execPath, [deadmanBin, "run", "--json", ...args], { cwd: root });
	let [out, log] = ["", ""];
	child.stdout.on("data", (piece) => {
		out += piece;
	});
	child.stderr.on("data", (piece) => {
		log += piece;
	});
	const tooLong = setTimeout(() => child.kill("SIGKILL"), 30_000);
	const [code] = (await once(child, "close")) as [number];
	clearTimeout(tooLong);
	return { code, out: JSON.parse(out), log };
}

export { killSupervisor, look, writeNotes } from "../../fixtures/demo/theatre.js";
export { build, deadman, execFileAsync, git, serving, until };
