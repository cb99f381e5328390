// What `deadman status` loads, as V8 itself lists it: nothing of the supervisor's weight.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deadmanBin } from "../scene.js";

test("status loads no schema, no server, no database", async () => {
	const root = await mkdtemp(join(tmpdir(), "deadman-cold-"));
	onTestFinished(() => rm(root, { recursive: true, force: true }));
	await mkdir(join(root, ".deadman"), { mode: 0o700 });
	await writeFile(join(root, ".deadman", "config.json"), "{}");
	const env = { ...process.env, NODE_V8_COVERAGE: join(root, "loaded") };
	await new Promise((resolve) =>
		execFile(process.execPath, [deadmanBin, "status", "--json"], { cwd: root, env }, resolve),
	);
	const reports = await readdir(join(root, "loaded"));
	const loaded = await Promise.all(reports.map((name) => readFile(join(root, "loaded", name), "utf8")));
	const urls = loaded.flatMap((text) => (JSON.parse(text).result as { url: string }[]).map(({ url }) => url));
	expect(urls.some((url) => url.endsWith("/surfaces/cli/commands/reading.js"))).toBe(true);
	const heavy = /node_modules\/(zod|pino|better-sqlite3|@modelcontextprotocol|hono|@hono)\//;
	expect(urls.filter((url) => heavy.test(url))).toEqual([]);
});
