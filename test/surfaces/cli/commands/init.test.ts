// `deadman init` as a real process in real repositories: what it writes, what it finds out, and what it leaves alone.
import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../support/temporary.js";
import { deadman } from "../command.js";

const run = promisify(execFile);
const environment = { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" };
const git = (cwd: string, ...args: string[]) => run("git", args, { cwd, env: environment });

async function repository(branch = "main"): Promise<string> {
	const root = await temporaryFolder();
	await git(root, "init", "--quiet", `--initial-branch=${branch}`);
	return root;
}
const configOf = async (root: string) => JSON.parse(await readFile(join(root, ".deadman/config.json"), "utf8"));
const manifest = (root: string, scripts: object) => writeFile(join(root, "package.json"), JSON.stringify({ scripts }));

it("writes a configuration for its owner only, and git does not see it", async () => {
	const root = await repository("trunk");
	const { code, json } = await deadman(root, "init", "--run", "node server.js", "--db", "data/app.db", "--json");
	expect([code, json]).toEqual([
		0,
		{
			schemaVersion: 1,
			config: join(root, ".deadman/config.json"),
			state: expect.stringContaining(`${process.env.DEADMAN_STATE_HOME}/`),
			chosen: ['It runs "node server.js" (as given).', "A rollback puts the files in data back, beside the databases."],
		},
	]);
	expect(await configOf(root)).toEqual({
		$schema: "./config.schema.json",
		branch: "trunk",
		shared: ["data/"],
		files: [{ path: "data" }],
		databases: [{ path: "data/app.db", policy: "restore" }],
		program: { command: "node server.js" },
	});
	for (const [path, mode] of [
		["", 0o700],
		["config.json", 0o600],
		["config.schema.json", 0o600],
	] as const) {
		expect((await stat(join(root, ".deadman", path))).mode & 0o777).toBe(mode);
	}
	expect((await git(root, "status", "--porcelain")).stdout).toBe("");
});

it("writes a schema that knows the keys it wrote", async () => {
	const root = await repository();
	await deadman(root, "init", "--run", "node server.js");
	const { properties } = JSON.parse(await readFile(join(root, ".deadman/config.schema.json"), "utf8"));
	expect(Object.keys(await configOf(root)).filter((key) => !(key in properties))).toEqual([]);
});

it("works from a folder below, with paths as they are typed there", async () => {
	const root = await repository();
	await mkdir(join(root, "app/store"), { recursive: true });
	await writeFile(join(root, ".env"), "");
	const args = ["--run", "./start", "--db", "store/a.db", "--db", "../b.db", "--db", "store/c.db"];
	expect((await deadman(join(root, "app"), "init", ...args)).code).toBe(0);
	const { shared, databases } = await configOf(root);
	expect(shared).toEqual(["app/", "b.db", ".env"]);
	expect(databases.map(({ path }: { path: string }) => path)).toEqual(["app/store/a.db", "b.db", "app/store/c.db"]);
});

describe("without --run", () => {
	it.each([
		[{ start: "node server.js --port=1" }, "node server.js --port=1", undefined],
		[{ start: "NODE_ENV=production node server.js && true" }, "npm start", undefined],
		[{ start: "next start", build: "next build" }, "npm start", "npm run build"],
	])("takes %j", async (scripts, command, build) => {
		const root = await repository();
		await manifest(root, scripts);
		const { stdout } = await deadman(root, "init");
		const config = await configOf(root);
		expect([config.program.command, config.build]).toEqual([command, build]);
		expect(stdout).toContain(`It runs ${JSON.stringify(command)} (the start script of package.json).`);
	});

	it.each([null, {}, { start: "" }, { start: 1 }])("and with the scripts %j asks for it", async (scripts) => {
		const root = await repository();
		if (scripts !== null) await manifest(root, scripts);
		const { code, json } = await deadman(root, "init", "--json");
		expect([code, json.error.message]).toEqual([2, expect.stringContaining("--run CMD")]);
		await expect(stat(join(root, ".deadman"))).rejects.toThrow("ENOENT");
	});
});

it("overwrites nothing", async () => {
	const root = await repository();
	await deadman(root, "init", "--run", "node first.js");
	const { code, json } = await deadman(root, "init", "--run", "node second.js", "--json");
	expect([code, json.error.code]).toEqual([5, "config_exists"]);
	expect((await configOf(root)).program.command).toBe("node first.js");
});

it("adds to the ignore list once, and keeps what stands there", async () => {
	const root = await repository();
	const exclude = join(root, ".git/info/exclude");
	await writeFile(exclude, "*.swp");
	await deadman(root, "init", "--run", "x");
	expect(await readFile(exclude, "utf8")).toBe("*.swp\n/.deadman/\n");
	await run("rm", ["-r", join(root, ".deadman")]);
	await deadman(root, "init", "--run", "x");
	expect(await readFile(exclude, "utf8")).toBe("*.swp\n/.deadman/\n");
});

it("finds the ignore list of a linked worktree", async () => {
	const root = await repository();
	const name = ["-c", "user.name=t", "-c", "user.email=t@t"];
	await git(root, ...name, "commit", "--quiet", "--allow-empty", "-m", "first");
	const linked = join(await temporaryFolder(), "linked");
	await git(root, "worktree", "add", "--quiet", "-b", "side", linked);
	expect((await deadman(linked, "init", "--run", "x")).code).toBe(0);
	expect((await configOf(linked)).branch).toBe("side");
	expect((await git(linked, "status", "--porcelain")).stdout).toBe("");
});

it.each([
	["a bare repository", async (root: string) => void (await git(root, "init", "--quiet", "--bare"))],
	[
		"a folder around one",
		async (root: string) => {
			await git(root, "init", "--quiet", "--bare", ".bare");
			await writeFile(join(root, ".git"), "gitdir: ./.bare\n");
		},
	],
])("says that %s has no checkout", async (_, make) => {
	const root = await temporaryFolder();
	await make(root);
	const { code, json } = await deadman(root, "init", "--run", "x", "--json");
	expect([code, json.error.code]).toEqual([2, "repository_bare"]);
	expect(json.error.message).toContain(`${root} is a bare repository`);
	await expect(stat(join(root, ".deadman"))).rejects.toThrow("ENOENT");
});

it("takes a worktree of a bare repository for what it is", async () => {
	const root = await repository();
	const name = ["-c", "user.name=t", "-c", "user.email=t@t"];
	await git(root, ...name, "commit", "--quiet", "--allow-empty", "-m", "first");
	const place = await temporaryFolder();
	await git(place, "clone", "--quiet", "--bare", root, "bare.git");
	await git(join(place, "bare.git"), "worktree", "add", "--quiet", "../work", "main");
	expect((await deadman(join(place, "work"), "init", "--run", "x")).code).toBe(0);
});

it("says that nothing installs dependencies without a lock file, and which command makes one", async () => {
	const root = await repository();
	const manifest = { dependencies: { greet: "1.0.0" }, packageManager: "pnpm@10.0.0", engines: { node: ">=99" } };
	await writeFile(join(root, "package.json"), JSON.stringify(manifest));
	const { code, json } = await deadman(root, "init", "--run", "node server.js", "--json");
	expect(code).toBe(0);
	expect(json.chosen[1]).toContain(
		"no lock file: nothing is installed into a release. Make one (`pnpm install --lockfile-only`)",
	);
	expect(json.chosen[2]).toContain("`engines` in package.json asks for Node >=99");
});

it("says which files and folders no release can hold, and writes all the same", async () => {
	const root = await repository();
	await writeFile(join(root, ".gitattributes"), "*.vault filter=vault\n");
	await writeFile(join(root, "words.vault"), "stored");
	await git(root, "add", ".");
	await git(root, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},vendor`);
	const { code, json } = await deadman(root, "init", "--run", "x", "--json");
	expect(code).toBe(0);
	expect(json.chosen).toEqual([
		'It runs "x" (as given).',
		expect.stringMatching(/^The repository holds submodules.*: "vendor"\. Commit their files/),
		expect.stringMatching(/^The repository holds files that a git filter \("vault"\).*: "words\.vault"\./),
	]);
	expect((await configOf(root)).program.command).toBe("x");
});

it.each([
	["no repository", [], "not_a_repository"],
	["a database outside", ["--db", "../out.db"], "config_invalid"],
])("refuses %s", async (_, args, expected) => {
	const root = args.length === 0 ? await temporaryFolder() : await repository();
	const { code, json } = await deadman(root, "init", "--run", "x", ...args, "--json");
	expect([code, json.error.code]).toEqual([2, expected]);
});

it.each([
	["tracks", "git tracks it"],
	["mistyped", "did you mean data/q.db?"],
])("refuses a database that it would not protect (%s), and writes nothing", async (how, sentence) => {
	const root = await repository();
	await mkdir(join(root, "data"));
	const file = join(root, "data", how === "tracks" ? "qq.db" : "q.db");
	await writeFile(file, `SQLite format 3\0${"\0".repeat(84)}`, "latin1");
	if (how === "tracks") await git(root, "add", "-f", "data/qq.db");
	const { code, json } = await deadman(root, "init", "--run", "x", "--db", "data/qq.db", "--json");
	expect([code, json.error.code]).toEqual([5, "database_unprotected"]);
	expect(json.error.message).toContain(sentence);
	await expect(stat(join(root, ".deadman"))).rejects.toThrow("ENOENT");
});
