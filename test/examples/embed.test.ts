// The library's examples, executed as a host would, and what they import looked for in the package.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

test("the embedding host swaps, decides by its own channel, and hears of it", async () => {
	const { stdout } = await run(process.execPath, ["fixtures/examples/embed.js"], { cwd: root, timeout: 50_000 });
	expect(stdout).toContain("swap: awaiting_confirmation");
	expect(stdout).toContain("card: I'm back with the new version");
	expect(stdout).toContain("is confirmed: the new version stays.");
	expect(stdout).toContain("command line: finalized");
	expect(stdout).toContain("end: finalized, version 2 serves");
});

test("the host in the documents is the one that the types are held against", async () => {
	const page = await readFile(join(root, "docs", "library.md"), "utf8");
	const [, block = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
	const typed = await readFile(join(root, "test", "types", "embedding.ts"), "utf8");
	expect(block).toContain("createSupervisor(");
	expect(
		typed
			.replace(/^\/\/.*\n/, "")
			.replace("../../src/index.js", "deadman")
			.replace(/\t/g, ""),
	).toBe(block);
});

test("what the examples import is in the package", async () => {
	const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"], { cwd: root });
	const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
	const paths = files.map(({ path }) => path);
	for (const name of ["index", "client"])
		expect(paths).toEqual(expect.arrayContaining([`dist/${name}.js`, `dist/${name}.d.ts`]));
});
