// Runs the tests. Without arguments the short run: of the crash matrix, long tables and the stories beside the main way one part of five,
// another one with each commit, and all the rest but the errors run. What else it takes stands in `usage`; other arguments go on to vitest.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const partsOfShort = 5;
const partsOfFull = 8;
const projects = ["rooms", "stories", "crash", "errors"];
/** These divide themselves. */
const wide = ["crash", "errors"];
let runs = 0;
const program = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

const usage = `node test/run.js [--full] [--only=crash,errors] [--shard=i/n] [--resume] [what vitest takes]
  --full     every story, the whole crash matrix and the errors run, in ${partsOfFull} parts
  --only     these projects of vitest.config.ts
  --shard    one part of it; "auto/n" is the one of this commit
  --resume   goes on where a full run of this commit was cut off`;
const args = process.argv.slice(2);
if (args.includes("--help")) console.log(usage);
else process.exitCode = await run();

async function run() {
	const only = given("--only")?.split(",") ?? null;
	const shard = shardFrom(given("--shard"));
	const others = args.filter((arg) => !/^--(full|resume|only=.*|shard=.*)$/.test(arg));
	if (args.includes("--full")) return shard === undefined ? full(only, others) : part(only ?? projects, shard, others);
	if (only !== null || shard !== undefined || others.length > 0) return part(only ?? projects, shard, others);
	const mine = shardFrom(`auto/${partsOfShort}`);
	console.log(`Part ${mine} of the crash matrix: this is commit ${commits()}. \`npm run test:full\` runs all of it.`);
	return vitest(["rooms", "stories", "crash"], [], { DEADMAN_TEST_SHORT: "1", DEADMAN_TEST_SHARD: mine });
}

/** All parts, one after the other, however they end. What passed is kept, so that it can go on where it was cut off. */
async function full(only, others) {
	const done = keptParts();
	let status = 0;
	for (let index = 1; index <= partsOfFull; index += 1) {
		const name = `${index}/${partsOfFull}`;
		if (args.includes("--resume") && done.passed.includes(name)) {
			console.log(`Part ${name} has passed before.`);
			continue;
		}
		const ended = await part(only ?? projects, name, others);
		status ||= ended;
		if (ended === 0) done.keep(name);
	}
	return status;
}

/** Of rooms and stories vitest takes every n-th file; of the matrix and the errors run their files take every n-th row. */
async function part(chosen, shard, others) {
	const narrow = chosen.filter((name) => !wide.includes(name));
	const rest = chosen.filter((name) => wide.includes(name));
	if (shard === undefined) return vitest(chosen, others);
	const first = narrow.length === 0 ? 0 : await vitest(narrow, [`--shard=${shard}`, ...others]);
	const second = rest.length === 0 ? 0 : await vitest(rest, others, { DEADMAN_TEST_SHARD: shard });
	return first || second;
}

/** Where DEADMAN_TEST_REPORTS names a folder, each of these leaves its report there. */
function vitest(chosen, others, more = {}) {
	const folder = process.env.DEADMAN_TEST_REPORTS;
	runs += 1;
	if (folder !== undefined) more.DEADMAN_TEST_REPORT = join(folder, `${process.pid}-${runs}.json`);
	const command = [program, "run", ...chosen.map((name) => `--project=${name}`), ...others];
	const child = spawn(process.execPath, command, { stdio: "inherit", env: { ...process.env, ...more } });
	return new Promise((resolve) => {
		child.on("exit", (code, signal) => {
			if (code !== 0) console.error(`Run ${runs} (${chosen.join(", ")}) ended with ${signal ?? code}.`);
			resolve(code ?? 1);
		});
	});
}

function given(name) {
	return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
}

function shardFrom(text) {
	const [which, of] = text?.split("/") ?? [];
	return which === "auto" ? `${(commits() % Number(of)) + 1}/${of}` : text;
}

/** A history that was cut off counts from where it is whole; without one it is always the first part. */
function commits() {
	try {
		return Number(
			execFileSync("git", ["rev-list", "--count", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
		);
	} catch {
		return 0;
	}
}

/** Parts count for the bytes that they ran on. */
function keptParts() {
	const git = (...command) => execFileSync("git", command, { encoding: "utf8" }).trim();
	const file = join("node_modules", ".cache", "deadman", "full-run.json");
	const commit = `${git("rev-parse", "HEAD")}${git("status", "--porcelain") === "" ? "" : ` changed ${Date.now()}`}`;
	const kept = readKept(file);
	const passed = kept.commit === commit ? kept.passed : [];
	return {
		passed,
		keep(name) {
			passed.push(name);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, JSON.stringify({ commit, passed }));
		},
	};
}

function readKept(file) {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return { commit: null, passed: [] };
	}
}
