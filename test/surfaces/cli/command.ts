// Runs the command line as people do: a real process of the compiled output.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const bin = fileURLToPath(new URL("../../../bin/deadman.js", import.meta.url));

export interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
	readonly json: any;
}

export interface Running {
	readonly ended: Promise<Ended>;
	readonly stderr: () => string;
	readonly kill: () => void;
}

export function start(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
	const { PATH = "", HOME = "", DEADMAN_STATE_HOME = "" } = process.env;
	const child = spawn(process.execPath, [bin, ...args], {
		cwd,
		env: { PATH, HOME, DEADMAN_STATE_HOME, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (insertion) => (stdout += insertion));
	child.stderr.setEncoding("utf8").on("data", (insertion) => (stderr += insertion));
	const ended = new Promise<Ended>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code) => {
			const json = args.includes("--json") && stdout !== "" ? JSON.parse(stdout) : null;
			resolve({ code, stdout, stderr, json });
		});
	});
	return { ended, stderr: () => stderr, kill: () => child.kill("SIGKILL") };
}

export function deadman(cwd: string, ...args: readonly string[]): Promise<Ended> {
	return start(cwd, args).ended;
}
