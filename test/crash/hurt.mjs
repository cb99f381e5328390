// What a life of the errors run does beside its story: it puts down what it acknowledged, arms the injector below it, and kills itself
// when its plan says so. A life that is not hurt only looks whether what an earlier one acknowledged is still true.
import {
	appendFileSync,
	closeSync,
	existsSync,
	openSync,
	readFileSync,
	readSync,
	writeFileSync,
	writeSync,
} from "node:fs";

/**
 * What a life gets after its fault before it is killed anyway; longer where a verdict is waited for, and where a start has to lose its patience with the
 * journal first.
 */
const atStartMs = 9_000;
const patienceMs = { fact: 2_000, facts: 2_000, time: 3_000, trial: 6_000, verdict: 6_000, afterVerdict: 6_000 };
/** Between a verdict and a kill that comes somewhat later. */
const laterMs = 1_500;
/** A fault that never comes: the trial fails for it, and nobody waits longer. */
const longestMs = 60_000;
const sound = { fact() {}, fired() {}, trial() {}, end() {} };

/**
 * `hurt` is null in the crash matrix, where nothing of this applies; its `kill` is null in the sound lives.
 * @param {{ hurt: { kill: string | null, control: string | null, from: string | null } | null, fault: unknown, index: number }} plan
 * @param {(name: string) => string} note
 */
export function createHurt(plan, note) {
	const { hurt } = plan;
	if (hurt === null) return { ...sound, acknowledged() {}, seen() {} };
	const witness = createWitness(note);
	if (hurt.kill === null) return { ...sound, ...witness };
	const killing = createKilling(plan, note);
	const acknowledged = (verb) => {
		witness.acknowledged(verb);
		killing.acknowledged(verb);
	};
	return { ...killing, ...witness, acknowledged };
}

function createWitness(note) {
	const earlier = readLines(note("acks"));
	/** On disk before anything else: it is what the caller knows. */
	function acknowledged(verb) {
		appendFileSync(note("acks"), `${verb}\n`);
	}

	/** The swap, whenever it is looked at. */
	function seen({ status }) {
		for (const verb of earlier) {
			if (!mustNotBe[verb].includes(status)) continue;
			appendFileSync(note("lost"), `${verb} was acknowledged, and the next life says ${status}\n`);
		}
	}

	return { acknowledged, seen };
}

/** What an acknowledged verb has ruled out. */
const mustNotBe = {
	approve: ["pending_approval"],
	confirm: ["pending_approval", "staging", "cutting_over", "awaiting_confirmation", "rolling_back", "rolled_back"],
	rollback: ["pending_approval", "staging", "cutting_over", "awaiting_confirmation", "promoting", "finalized"],
};

function createKilling({ hurt: { kill, control, from }, fault, index }, note) {
	const isPlanned = fault !== undefined || control !== null;
	const startedMs = performance.now();
	let firedMs = isPlanned && !existsSync(note(`fired-${index}`)) ? null : startedMs;
	let verdictMs = null;
	let facts = 0;
	if (control !== null) writeFileSync(`${control}.pid`, String(process.pid));
	if (from === "start") arm(control);
	setInterval(look, 20).unref();

	function look() {
		const nowMs = performance.now();
		if (firedMs === null && control !== null && hasFired(control)) fired();
		if (firedMs === null) return nowMs - startedMs > longestMs && die();
		if (verdictMs !== null && kill === "afterVerdict" && nowMs - verdictMs > laterMs) die();
		// A life without a fault is killed at a moment that is sure to come.
		const patience = kill === "time" && from === "start" ? atStartMs : patienceMs[kill];
		if ((isPlanned || kill === "time") && nowMs - firedMs > patience) die();
	}

	function die() {
		writeFileSync(note(`killed-${index}`), "");
		process.kill(process.pid, "SIGKILL");
	}

	function fired() {
		firedMs ??= performance.now();
		writeFileSync(note(`fired-${index}`), "");
	}

	function fact() {
		look();
		if (firedMs === null || !kill.startsWith("fact")) return;
		facts += 1;
		if (facts === (kill === "fact" ? 1 : 3)) die();
	}

	/** The version on trial has proved itself, and nobody has decided yet. */
	function trial() {
		if (from === "trial") arm(control);
		if (kill === "trial") die();
	}

	function acknowledged(verb) {
		look();
		if (verb === "approve") return;
		verdictMs ??= performance.now();
		if (firedMs !== null && kill === "verdict") die();
	}

	/** Nothing more comes in this story. */
	function end() {
		look();
		if (firedMs !== null) die();
	}

	return { fact, fired, trial, acknowledged, end };
}

function hasFired(control) {
	const bytes = Buffer.alloc(8);
	const file = openSync(control, "r");
	readSync(file, bytes, 0, 8, 24);
	closeSync(file);
	return bytes.readBigInt64LE(0) > 0n;
}

function arm(control) {
	const file = openSync(control, "r+");
	writeSync(file, Buffer.from([1]), 0, 1, 0);
	closeSync(file);
}

function readLines(path) {
	return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}
