// Builds sysfault.c, the injector of failing system calls, and reads and writes the control file that it shares with a life.
import { execFile } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);
const source = fileURLToPath(new URL("sysfault.c", import.meta.url));
const controlBytes = 4_096;

export interface Injector {
	readonly path: string;
	close(): Promise<void>;
}

/** Fails with a sentence that says what to install where there is no compiler, no x86_64 or no right to trace. */
export async function buildSysfault(): Promise<Injector> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-sysfault-"));
	const path = join(folder, "sysfault");
	const close = () => rm(folder, { recursive: true, force: true });
	try {
		await compile(path);
		await prove(path, folder);
	} catch (error) {
		await close();
		throw error;
	}
	return { path, close };
}

async function compile(path: string): Promise<void> {
	if (process.platform !== "linux" || process.arch !== "x64") {
		throw new Error("Errors below the program are injected on Linux with x86_64 only: run this there.");
	}
	await execFileAsync("gcc", ["-O2", "-Wall", "-o", path, source]).catch((error) => {
		throw new Error(`Errors below the program need a C compiler: install gcc and libc6-dev. ${error.message}`);
	});
}

/** An injector that silently does nothing proves nothing (F34). */
async function prove(injector: string, folder: string): Promise<void> {
	const control = join(folder, "control");
	await layControl(control, 1);
	await arm(control);
	const plan = { injector, control, path: folder, calls: "writes", errno: "EIO", lasting: true } as const;
	const command = sysfaultCommand(plan, ["sh", "-c", `echo > ${join(folder, "written")}`]);
	const failure = await execFileAsync(command[0] ?? "", command.slice(1)).then(
		() => "the write did not fail",
		(error: Error) => error.message,
	);
	if ((await readControl(control)).fired > 0) return;
	throw new Error(`Errors below the program need the right to ptrace (CAP_SYS_PTRACE in a container): ${failure}`);
}

export interface Injection {
	readonly injector: string;
	readonly control: string;
	/** Absolute. */
	readonly path: string;
	readonly calls: "all" | "writes" | "reads" | "space";
	readonly errno: "EIO" | "ENOSPC" | "EMFILE" | "EACCES" | "EROFS" | null;
	readonly lasting: boolean;
	/** Words in the command line of the supervised program, whose own calls do not count. */
	readonly program?: string;
}

export function sysfaultCommand(
	{ injector, control, path, calls, errno, lasting, program = "node program.cjs" }: Injection,
	command: readonly string[],
): string[] {
	const number = errno === null ? 0 : constants.errno[errno];
	const how = lasting ? "lasting" : "once";
	return [injector, control, String(number), how, calls, path, program, "--", ...command];
}

/** Not armed yet: whoever is traced says from where its calls count. */
export async function layControl(control: string, at: number): Promise<void> {
	const bytes = Buffer.alloc(controlBytes);
	bytes.writeBigInt64LE(BigInt(at), 8);
	await writeFile(control, bytes);
}

/** From here on calls count; with false they all succeed again. */
export async function arm(control: string, counts = true): Promise<void> {
	const file = await open(control, "r+");
	await file.write(Buffer.from([counts ? 1 : 0]), 0, 1, 0);
	await file.close();
}

export interface Control {
	readonly count: number;
	readonly fired: number;
	/** 1 + the exit code, 0 while it lives. */
	readonly ended: number;
	/** The call that failed first, and its path. */
	readonly what: string;
}

export async function readControl(control: string): Promise<Control> {
	const file = await open(control, "r");
	try {
		const bytes = Buffer.alloc(controlBytes);
		await file.read(bytes, 0, controlBytes, 0);
		const [count = 0, fired = 0, ended = 0] = [16, 24, 32].map((at) => Number(bytes.readBigInt64LE(at)));
		return { count, fired, ended, what: bytes.toString("utf8", 40, 232).replace(/\0.*$/s, "") };
	} finally {
		await file.close();
	}
}
