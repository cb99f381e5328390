// `npm run bench`: each figure is a ratio to a physical limit measured in the same run. Prints them all; exit code 1 when one is over its bound.
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createReleases } from "../../dist/adapters/git/releases/releases.js";
import { createCommands } from "../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../dist/adapters/system/files.js";
import { openGate } from "../../dist/adapters/system/gate.js";
import { closeTheatre, git, openTheatre } from "../../fixtures/demo/theatre.js";
import { changeLarge, populateLarge } from "../../fixtures/repositories/large.js";
import { inPlaceChange, stageChange } from "./code.js";
import { data } from "./data.js";
import { bareCopy, bareSwitch, coldStart, firstAnswer, median, repeated, startSupervised } from "./measure.js";
import { surfaces } from "./surfaces.js";

const rounds = Number(process.env.DEADMAN_BENCH_ROUNDS ?? 15);
const rows = [];

function figure(name, value, limit, unit, bound = "at most") {
	const within = bound === "at most" ? value <= limit : value >= limit;
	rows.push({ within });
	console.log(`${within ? "ok  " : "OVER"} ${name}: ${value.toFixed(2)}${unit} (${bound} ${limit}${unit})`);
}

const instant = (config) => {
	config.approval = "auto";
	config.summaries = "overall";
	config.delivery = [];
	config.deadman = { initial: "2m", afterDelivery: "2m", cap: "10m" };
	Object.assign(config.program.readiness, { minUptime: "1ms", interval: "200ms" });
};

async function clickToServing() {
	const theatre = await openTheatre({ configure: instant });
	const supervised = await startSupervised(theatre.root);
	await supervised.ask("start");
	const served = [];
	for (let round = 0; round < rounds; round += 1) {
		const first = await firstAnswer(theatre.port, "1");
		await first.done;
		if (round === 0) await git(theatre, "switch", "--quiet", "--create", "next");
		const workspace = { root: theatre.root };
		await edit(workspace, round);
		const swap = await supervised.ask("swap", "next");
		const { done } = await firstAnswer(theatre.port, "1");
		const { clickedAtMs } = await supervised.ask("rollback", swap.id);
		served.push((await done) - clickedAtMs);
	}
	await supervised.ask("stop");
	await supervised.ended();
	const env = { PORT: String(theatre.port), NODE_PATH: join(process.cwd(), "node_modules") };
	const starts = [];
	const folder = join(theatre.stateDir, "current");
	for (let round = 0; round < rounds; round += 1) {
		starts.push(await coldStart({ folder, env, port: theatre.port, version: "1" }));
	}
	await closeTheatre(theatre);
	console.log(
		`     cold start ${median(starts).toFixed(0)} ms, click to serving ${median(served).toFixed(0)} ms (medians of ${rounds})`,
	);
	figure("click to old version serving / program's own cold start", median(served) / median(starts), 1.5, "x");
}

async function edit({ root }, round) {
	const { readFile, writeFile } = await import("node:fs/promises");
	const path = join(root, "server.cjs");
	const source = await readFile(path, "utf8");
	await writeFile(path, `${source.replace(/const VERSION = ".*"/, `const VERSION = "2"`)}// ${round}\n`);
	await git({ root }, "commit", "--quiet", "-am", `round ${round}`);
}

async function flipAlone() {
	const theatre = await openTheatre({ configure: instant });
	const { stateDir } = theatre;
	const releases = createReleases({
		root: theatre.root,
		stateDir,
		settings: {},
		commands: createCommands({ scrub: (text) => text }),
		files: createFiles(),
		gate: openGate,
		log: console,
	});
	await mkdir(join(stateDir, "releases", "a"), { recursive: true });
	await mkdir(join(stateDir, "releases", "b"));
	const flips = [];
	const bares = [];
	for (let time = 0; time < 200; time += 1) {
		flips.push((await repeated(1, () => releases.flip(time % 2 === 0 ? "a" : "b")))[0]);
		bares.push(await bareSwitch(stateDir, time));
	}
	await closeTheatre(theatre);
	console.log(
		`     flip ${median(flips).toFixed(2)} ms, bare rename + fsync ${median(bares).toFixed(2)} ms (medians of 200)`,
	);
	figure("flip / bare rename + fsync", median(flips) / median(bares), 5, "x");
}

async function largeSwap() {
	const theatre = await openTheatre({ configure: instant, populate: (root) => populateLarge(root, 2_000) });
	const database = join(theatre.root, "data", "notes.db");
	await mkdir(join(theatre.root, "data"), { recursive: true });
	fill(database, 200 * 1024 * 1024);
	const { size } = await stat(database);
	const supervised = await startSupervised(theatre.root);
	await supervised.ask("start");
	await (await firstAnswer(theatre.port, "1")).done;
	await git(theatre, "switch", "--quiet", "--create", "next");
	await changeLarge(theatre.root);
	await git(theatre, "add", "-A");
	await edit(theatre, 0);
	const swap = await supervised.ask("swap", "next");
	if (swap.status !== "awaiting_confirmation") throw new Error(JSON.stringify(swap));
	const { heldMs } = await supervised.ask("rollback", swap.id);
	const facts = await supervised.ask("facts", swap.id);
	await supervised.ask("stop");
	await supervised.ended();
	const copy = join(theatre.root, "copy.db");
	const [copyMs] = await repeated(1, () => bareCopy(database, copy));
	await rm(copy);
	await closeTheatre(theatre);
	const at = (type) => facts.find((fact) => fact.type === type).atMs;
	console.log(
		`     ${(size / 1024 / 1024).toFixed(0)} MB database, 2,000 files; loop held at most ${heldMs.max.toFixed(1)} ms, p99 ${heldMs.p99.toFixed(1)} ms; bare copy + fsync ${copyMs.toFixed(0)} ms`,
	);
	console.log(
		`     armed to snapshot ${at("snapshotTaken") - at("armed")} ms, rollback to data restored ${at("dataRestored") - at("rollbackRequested")} ms`,
	);
	figure("event loop held / 20 ms", heldMs.max / 20, 1, "x");
	figure("stop + verified snapshot / bare copy + fsync", (at("snapshotTaken") - at("armed")) / copyMs, 15, "x");
}

function fill(file, bytes) {
	const db = new Database(file);
	db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL); PRAGMA user_version = 1");
	const insert = db.prepare("INSERT INTO notes (text) VALUES (?)");
	const text = "n".repeat(4_000);
	db.transaction(() => {
		for (let written = 0; written < bytes; written += text.length) insert.run(text);
	})();
	db.close();
}

const benches = {
	flip: flipAlone,
	click: clickToServing,
	large: largeSwap,
	inPlace: () => inPlaceChange(figure, Math.min(rounds, 5)),
	stage: () => stageChange(figure, Math.min(rounds, 5)),
	surfaces: () => surfaces(figure),
	data: () => data(figure),
};
// `DEADMAN_BENCH=inPlace,stage` runs these alone.
const wanted = process.env.DEADMAN_BENCH?.split(",") ?? Object.keys(benches);
for (const name of wanted) await benches[name]();
process.exitCode = rows.every(({ within }) => within) ? 0 : 1;
