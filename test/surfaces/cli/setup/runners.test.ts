// Tools that walk into workspaces: only those that are found are named, and the line that is given for one does what it says.
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { runnerHints } from "../../../../src/surfaces/cli/setup/runners.js";
import { temporaryFolder } from "../../../support/temporary.js";

const run = promisify(execFile);
const modules = join(import.meta.dirname, "../../../../node_modules");

it.each([
	["nothing", {}, []],
	["a package", { "package.json": '{ "devDependencies": { "vitest": "4", "left-pad": "1" } }' }, ["vitest"]],
	["files", { "jest.config.js": "", "eslint.config.mjs": "", "biome.json": "" }, ["jest", "eslint", "biome"]],
	["a script", { "package.json": '{ "scripts": { "test": "node --test" } }' }, ["`node --test`"]],
	["pytest as it is", { "pytest.ini": "[pytest]\n" }, []],
	["pytest with folders of its own", { "pytest.ini": "[pytest]\nnorecursedirs = build dist\n" }, ["pytest"]],
	["pytest with dots among them", { "pytest.ini": "[pytest]\nnorecursedirs = .* dist\n" }, []],
	["no JSON", { "package.json": "{" }, []],
] as const)("finds by %s", async (_, files, names) => {
	const root = await temporaryFolder();
	for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), String(text));
	const hints = await runnerHints(root);
	expect(hints.length).toBe(names.length === 0 ? 0 : 1);
	for (const name of names) expect(hints[0]).toContain(`${name} `);
	expect(hints.join("")).not.toContain("left-pad");
});

it("gives a line by which vitest leaves a builder's half-done work alone", { timeout: 60_000 }, async () => {
	const root = await temporaryFolder();
	for (const folder of ["test", ".deadman/workspaces/fix/test"]) {
		await mkdir(join(root, folder), { recursive: true });
		await writeFile(join(root, folder, "a.test.mjs"), "import { test } from 'vitest'; test('one', () => {});");
	}
	await symlink(modules, join(root, "node_modules"));
	const config = (inner: string) =>
		`import { configDefaults, defineConfig } from "vitest/config"; export default defineConfig({ ${inner} });`;
	const listed = async (inner: string) => {
		await writeFile(join(root, "vitest.config.mjs"), config(inner));
		const args = [join(modules, "vitest", "vitest.mjs"), "list", "--filesOnly", "--root", root];
		return (await run(process.execPath, args, { cwd: root })).stdout.trim().split("\n");
	};
	expect(await listed("")).toHaveLength(2);
	const [hint = ""] = await runnerHints(root);
	const line = /vitest leaves them out by (test: \{.*?\})(;|\.$)/.exec(hint)?.[1] ?? "";
	expect(await listed(line)).toEqual(["test/a.test.mjs"]);
});
