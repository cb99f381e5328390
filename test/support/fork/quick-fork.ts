// Builds quick-fork.c once for this source and names the library, for LD_PRELOAD; null where it cannot be built, and tests take longer then.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("quick-fork.c", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/deadman/", import.meta.url));

export function quickFork(): string | null {
	if (process.platform !== "linux" || process.arch !== "x64") return null;
	const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
	const library = join(cache, `quick-fork-${hash}.so`);
	if (existsSync(library)) return library;
	const made = `${library}.${process.pid}`;
	try {
		mkdirSync(cache, { recursive: true });
		execFileSync("gcc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", made, source, "-ldl"], { stdio: "pipe" });
		// A library that breaks processes is found out here, not in a thousand tests.
		const tried = "require('child_process').execFileSync('true'); process.stdout.write('started')";
		const env = { ...process.env, LD_PRELOAD: made };
		if (execFileSync(process.execPath, ["-e", tried], { env, encoding: "utf8" }) !== "started") return null;
	} catch (error) {
		console.log(`Processes start slowly in this run, because ${(error as Error).message.split("\n")[0]}.`);
		return null;
	}
	renameSync(made, library);
	return library;
}
