// Starts the small programs beside this file, waits for what they say, and ends each one by its pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Program {
	readonly pid: number;
	/** Every line it wrote so far. */
	readonly lines: readonly string[];
	/** Resolves with the first line that begins so, also one written before; rejects when it ended without. */
	says(beginning: string): Promise<string>;
	tell(line: string): void;
	/** Sends the signal and resolves when it has ended. */
	end(signal?: NodeJS.Signals): Promise<void>;
	readonly ended: Promise<NodeJS.Signals | null>;
}

export function startProgram(name: string, ...values: readonly string[]): Program {
	return startCommand(process.execPath, name, ...values);
}

export function startCommand(command: string, name: string, ...values: readonly string[]): Program {
	const path = fileURLToPath(new URL(`./small-programs/${name}`, import.meta.url));
	const child = spawn(command, [path, ...values], {
		stdio: ["pipe", "pipe", "inherit"],
		execArgv: [],
	} as never);
	return watch(child as ChildProcess);
}

function watch(child: ChildProcess): Program {
	const lines: string[] = [];
	const waiting = new Set<() => void>();
	let over = false;
	const look = () => {
		for (const check of waiting) check();
	};
	if (child.stdout === null || child.pid === undefined) throw new Error("The program did not start.");
	createInterface({ input: child.stdout }).on("line", (line) => {
		lines.push(line);
		look();
	});
	const ended = once(child, "close").then(([, signal]) => {
		over = true;
		look();
		return signal as NodeJS.Signals | null;
	});
	const says = (beginning: string) =>
		new Promise<string>((resolve, reject) => {
			const check = () => {
				const found = lines.find((line) => line.startsWith(beginning));
				if (found === undefined && !over) return;
				waiting.delete(check);
				if (found === undefined) reject(new Error(`It ended without saying ${beginning}.`));
				else resolve(found);
			};
			waiting.add(check);
			check();
		});
	async function end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		child.kill(signal);
		await ended;
	}
	return { pid: child.pid, lines, says, tell: (line) => void child.stdin?.write(`${line}\n`), end, ended };
}
