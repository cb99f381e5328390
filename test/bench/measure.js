// Small parts of the bench: medians, a talking child, a cold start, and the bare disk operations that ratios are taken against.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, open, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)];
}

export async function timed(work) {
	const beganMs = performance.now();
	await work();
	return performance.now() - beganMs;
}

export async function repeated(times, work) {
	const values = [];
	for (let time = 0; time < times; time += 1) values.push(await timed(() => work(time)));
	return values;
}

/** Resolves with the wall-clock millisecond at which `version` first answers. */
export async function firstAnswer(port, version) {
	const watcher = fork(join(here, "watch.js"), [String(port), version], {
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

/** The program alone, without deadman: from spawn to its first answer, in milliseconds. */
export async function coldStart({ folder, env, port, version }) {
	const { done } = await firstAnswer(port, version);
	const beganMs = performance.timeOrigin + performance.now();
	const program = spawn("node", ["server.cjs"], { cwd: folder, env: { ...process.env, ...env }, stdio: "ignore" });
	const tookMs = (await done) - beganMs;
	const exit = once(program, "exit");
	program.kill("SIGTERM");
	await exit;
	return tookMs;
}

export async function startSupervised(root) {
	const child = fork(join(here, "supervise.js"), [root], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
	process.once("exit", () => child.kill("SIGKILL"));
	await once(child, "message");
	const ask = async (verb, argument) => {
		child.send({ verb, argument });
		const [{ answer, error }] = await once(child, "message");
		if (error !== undefined) throw new Error(error);
		return answer;
	};
	return { ask, ended: () => once(child, "exit") };
}

async function syncFolder(folder) {
	const handle = await open(folder, "r");
	await handle.sync();
	await handle.close();
}

/** The least that an atomic, durable switch can cost: one rename and one fsync of the folder. */
export async function bareSwitch(folder, time) {
	const temporary = join(folder, `bare-${time}`);
	await symlink("target", temporary);
	return timed(async () => {
		await rename(temporary, join(folder, "bare"));
		await syncFolder(folder);
	});
}

export async function bareCopy(from, to) {
	await copyFile(from, to);
	const handle = await open(to, "r+");
	await handle.sync();
	await handle.close();
	await syncFolder(dirname(to));
}
