// What a large database costs a swap, against what the machine needs for the same by hand: the gap at the cut-over, a snapshot, a restore. Both sides of
// each ratio take turns in one run. DEADMAN_BENCH_DATABASE_MB and DEADMAN_BENCH_DATA_ROUNDS make it smaller or surer.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { createSnapshots } from "../../dist/adapters/databases/snapshots.js";
import { createCommands } from "../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../dist/adapters/system/files.js";
import { openGate } from "../../dist/adapters/system/gate.js";
import { readConfiguration } from "../../dist/surfaces/configuration.js";
import { closeTheatre, git, openTheatre } from "../../fixtures/demo/theatre.js";
import { bareCopy, firstAnswer, median, startSupervised, timed } from "./measure.js";

const here = dirname(fileURLToPath(import.meta.url));
const megabytes = Number(process.env.DEADMAN_BENCH_DATABASE_MB ?? 1024);
const rounds = Number(process.env.DEADMAN_BENCH_DATA_ROUNDS ?? 3);
/** Of its pages, from when it is copied ahead until the program is stopped. */
const share = 0.01;
const rowBytes = 4_000;
const rows = Math.floor((megabytes * 1024 * 1024) / rowBytes);

export async function data(figure) {
	await alone(figure);
	await gaps(figure);
}

function fill(file) {
	const db = new Database(file);
	db.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
	const insert = db.prepare("INSERT INTO notes (text) VALUES (?)");
	const text = "n".repeat(rowBytes);
	db.transaction(() => {
		for (let row = 0; row < rows; row += 1) insert.run(text);
	})();
	db.close();
}

function change(file, round) {
	const db = new Database(file);
	const update = db.prepare("UPDATE notes SET text = ? WHERE id = ?");
	db.transaction(() => {
		for (let row = 0; row < rows * share; row += 1) {
			update.run(String(round).repeat(rowBytes).slice(0, rowBytes), 1 + Math.floor(Math.random() * rows));
		}
	})();
	db.close();
}

/** The snapshot and the restore by themselves, beside a bare copy of the same closed database. */
async function alone(figure) {
	const theatre = await openTheatre();
	const { root } = theatre;
	await mkdir(join(root, "data"), { recursive: true });
	const database = join(root, "data", "notes.db");
	fill(database);
	const snapshots = createSnapshots({
		root,
		stateDir: join(root, ".deadman"),
		databases: [{ path: "data/notes.db", policy: "restore" }],
		commands: createCommands({ scrub: (text) => text }),
		files: createFiles(),
		gate: openGate,
		log: { info() {}, warn() {}, error() {} },
	});
	const [takes, restores, copies] = [[], [], []];
	for (let round = 0; round < rounds; round += 1) {
		const id = `sw_${round}`;
		await snapshots.copyAhead(id);
		change(database, round);
		snapshots.warm("take");
		copies.push(await timed(() => bareCopy(database, join(root, "data", "copy.db"))));
		await rm(join(root, "data", "copy.db"));
		let records = [];
		takes.push(
			await timed(async () => {
				records = await snapshots.take(id);
			}),
		);
		change(database, round + 1);
		snapshots.warm("restore");
		restores.push(await timed(() => snapshots.restore(id, records)));
		copies.push(await timed(() => bareCopy(database, join(root, "data", "copy.db"))));
		await rm(join(root, "data", "copy.db"));
		await snapshots.drop(id);
	}
	snapshots.warm(null);
	await closeTheatre(theatre);
	const copy = median(copies);
	console.log(
		`     ${megabytes} MB, 1 % changed: bare copy + fsync ${copy.toFixed(0)} ms, snapshot of what differs ${median(takes).toFixed(0)} ms, restore ${median(restores).toFixed(0)} ms (medians of ${rounds})`,
	);
	figure("snapshot of what differs / bare copy + fsync", median(takes) / copy, 0.75, "x");
	figure("restore / closed copy + fsync", median(restores) / copy, 1.2, "x");
}

async function populate(root) {
	await copyFile(join(here, "data-program.cjs"), join(root, "server.cjs"));
	await mkdir(join(root, "data"), { recursive: true });
	fill(join(root, "data", "notes.db"));
}

const instant = (config) => {
	config.approval = "auto";
	config.summaries = "overall";
	config.delivery = [];
	config.deadman = { initial: "5m", afterDelivery: "5m", cap: "10m" };
	config.files = [];
	Object.assign(config.program.readiness, { minUptime: "1ms", interval: "20ms", http: config.program.readiness.http });
};

async function gaps(figure) {
	const theatre = await openTheatre({ configure: instant, populate });
	const { root, port } = theatre;
	const { stateDir } = await readConfiguration({ cwd: root, dir: null });
	await writeFile(join(root, "data", "bench.json"), JSON.stringify({ state: stateDir, rows, share }));
	const supervised = await startSupervised(root);
	await supervised.ask("start");
	await (await firstAnswer(port, "1")).done;
	await git(theatre, "switch", "--quiet", "--create", "next");
	const [measured, changed] = [[], []];
	for (let round = 0; round < rounds; round += 1) {
		const gap = await watchGap(port, "2");
		await edit(theatre, round);
		const swap = await supervised.ask("swap", "next");
		if (swap.status !== "awaiting_confirmation") throw new Error(JSON.stringify(swap));
		measured.push(await gap.done);
		changed.push(Number(await readFile(join(root, "data", "changed-1"), "utf8")));
		await supervised.ask("rollback", swap.id);
	}
	await supervised.ask("stop");
	await supervised.ended();
	const database = join(root, "data", "notes.db");
	const { bare, copies } = await byHand(theatre, stateDir, database);
	const { size } = await stat(database);
	await closeTheatre(theatre);
	const allowed = 1.3 * median(bare) + 0.75 * median(copies);
	console.log(
		`     ${(size / 1024 / 1024).toFixed(0)} MB, ${((100 * median(changed)) / rows).toFixed(2)} % of rows changed: gap ${median(measured).toFixed(0)} ms; bare stop + start ${median(bare).toFixed(0)} ms, bare copy + fsync ${median(copies).toFixed(0)} ms (medians of ${rounds})`,
	);
	figure("gap / (1.3 bare stop + start, and 0.75 bare copy + fsync)", median(measured) / allowed, 1, "x");
}

/** As somebody would do it who copies nothing: stop it, start it. */
async function byHand({ port, root }, stateDir, database) {
	const env = { ...process.env, PORT: String(port), NODE_PATH: join(process.cwd(), "node_modules") };
	const folder = await realpath(join(stateDir, "current"));
	const start = () => spawn("node", ["server.cjs"], { cwd: folder, env, stdio: "ignore" });
	const [bare, copies] = [[], []];
	for (let round = 0; round < rounds; round += 1) {
		const one = start();
		await (await firstAnswer(port, "1")).done;
		const gap = await watchGap(port, "1", true);
		const exit = once(one, "exit");
		one.kill("SIGTERM");
		await exit;
		const other = start();
		bare.push(await gap.done);
		const ended = once(other, "exit");
		other.kill("SIGTERM");
		await ended;
		copies.push(await timed(() => bareCopy(database, join(root, "data", "copy.db"))));
		await rm(join(root, "data", "copy.db"));
	}
	return { bare, copies };
}

/** Resolves once it is being watched; `done` with the milliseconds without an answer. `same`: it is the same version that comes back. */
async function watchGap(port, version, same = false) {
	const watcher = fork(join(here, "gap.js"), [String(port), version, same ? "same" : "other"], {
		stdio: ["ignore", "pipe", "inherit", "ipc"],
	});
	let text = "";
	watcher.stdout.on("data", (chunk) => {
		text += chunk;
	});
	const done = once(watcher, "exit").then(() => Number(text));
	await once(watcher, "message");
	return { done };
}

async function edit({ root }, round) {
	const path = join(root, "server.cjs");
	const source = await readFile(path, "utf8");
	await writeFile(path, `${source.replace(/const VERSION = ".*"/, 'const VERSION = "2"')}// ${round}\n`);
	await git({ root }, "commit", "--quiet", "-am", `round ${round}`);
}
