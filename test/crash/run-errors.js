// `npm run test:errors -- --shard=i/n`: the errors run, or the i-th of n parts of it. Other arguments go on to vitest.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const args = process.argv.slice(2);
const shard = args.find((arg) => arg.startsWith("--shard="))?.slice("--shard=".length);
const others = args.filter((arg) => !arg.startsWith("--shard="));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const child = spawn(process.execPath, [vitest, "run", "--config", "vitest.errors.config.ts", ...others], {
	stdio: "inherit",
	env: { ...process.env, ...(shard === undefined ? {} : { DEADMAN_ERROR_SHARD: shard }) },
});
child.on("exit", (code, signal) => {
	process.exitCode = signal === null ? (code ?? 1) : 1;
});
