// Installs by npm itself from a registry on this machine: workspaces whose modules lie in several folders, and packages that are given to those who say who they are.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { createReleases } from "../../../../src/adapters/git/releases/releases.js";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import type { Config } from "../../../../src/config/config.js";
import { CommandFailed, type Releases } from "../../../../src/ports/ports.js";
import { type Tree, writeTree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, settingsOf } from "../../../support/git-releases.js";
import { openRegistry } from "../../../support/registry.js";
import { temporaryFolder } from "../../../support/temporary.js";

const execute = promisify(execFile);
const token = "canary-token-0123456789";
const hit = "Dependencies are copied from what was installed before.";

async function open() {
	const tools = await makeReleaseTools();
	const { root, stateDir } = tools.repository;
	const commands = createCommands({ scrub: (text) => text, sandbox: "auto" });
	const lines: string[] = [];
	return {
		...tools,
		lines,
		log: (id: string) => readFile(join(stateDir, "logs", `${id}-stage.log`), "utf8"),
		with: (config: Partial<Config>) =>
			createReleases({
				root,
				stateDir,
				...tools.tools,
				commands,
				settings: settingsOf({ install: undefined, ...config }),
			}),
		async stage(releases: Releases, id: string, tree: Tree) {
			const release = await makeRelease(tools, id, tree);
			lines.length = 0;
			await releases.checkout(release);
			await releases.install(release, (line) => lines.push(line));
			await releases.build(release, (line) => lines.push(line));
			await releases.check(release, (line) => lines.push(line));
			await releases.seal(release);
		},
	};
}

/** The lock file that npm makes of a tree. */
async function locked(tree: Tree, npmrc: string): Promise<Tree> {
	const folder = await temporaryFolder("deadman-lock");
	await writeTree(folder, tree);
	const userconfig = join(folder, "user.npmrc");
	await writeFile(userconfig, npmrc);
	const args = ["install", "--package-lock-only", "--silent", "--no-audit", "--no-fund", `--userconfig=${userconfig}`];
	await execute("npm", args, { cwd: folder, env: { ...process.env, NPM_TOKEN: token } });
	return { ...tree, "package-lock.json": await readFile(join(folder, "package-lock.json"), "utf8") };
}

const answers = (folder: string, script: string) =>
	execute(process.execPath, ["-p", script], { cwd: folder }).then(({ stdout }) => stdout.trim());

it("a second release has the modules of every workspace", async () => {
	const { url } = await openRegistry([
		{ name: "greet", version: "1.0.0", exports: "'greet 1'", manifest: { bin: { greet: "index.js" } } },
		{ name: "greet", version: "2.0.0", exports: "'greet 2'" },
	]);
	const { with: releasesWith, stage, folder, lines } = await open();
	const json = (value: object) => JSON.stringify(value);
	const tree = await locked(
		{
			".gitignore": "node_modules\n",
			".npmrc": `registry=${url}\n`,
			"package.json": json({
				name: "all",
				private: true,
				workspaces: ["packages/*"],
				dependencies: { greet: "1.0.0" },
			}),
			"packages/api/package.json": json({
				name: "api",
				version: "1.0.0",
				dependencies: { greet: "2.0.0", lib: "1.0.0" },
			}),
			"packages/lib/package.json": json({ name: "lib", version: "1.0.0", main: "index.js" }),
			"packages/lib/index.js": "module.exports = 'lib';\n",
		},
		"",
	);
	const releases = releasesWith({ build: "test -x node_modules/.bin/greet" });
	await stage(releases, "one", tree);
	expect(lines).not.toContain(hit);
	await stage(releases, "two", { ...tree, "packages/lib/index.js": "module.exports = 'lib of two';\n" });
	expect(lines).toContain(hit);
	const api = join(folder("two"), "packages", "api");
	expect(await answers(api, "[require('greet'), require('lib')].join()")).toBe("greet 2,lib of two");
	expect(await answers(folder("two"), "[require('greet'), require.resolve.paths('x')[0]].join()")).toBe(
		`greet 1,${join(folder("two"), "node_modules")}`,
	);
	const described = json({ name: "lib", version: "1.0.0", main: "index.js", description: "of three" });
	await stage(releases, "three", { ...tree, "packages/lib/package.json": described });
	expect(lines).not.toContain(hit);
}, 120_000);

const packaged = { name: "@acme/greet", version: "1.0.0", exports: "'private hello'" };

it("a private registry is asked with a secret that only the install has", async () => {
	const { port, strangers, url } = await openRegistry([packaged], token);
	const scoped = `@acme:registry=${url}\n//127.0.0.1:${port}/:_authToken=\${NPM_TOKEN}\n`;
	const manifest = JSON.stringify({ name: "app", version: "1.0.0", dependencies: { "@acme/greet": "1.0.0" } });
	const tree = await locked({ ".gitignore": "node_modules\n", ".npmrc": scoped, "package.json": manifest }, "");
	vi.stubEnv("OUR_TOKEN", token);
	const { with: releasesWith, stage, folder, lines, log } = await open();
	const bare = await stage(releasesWith({}), "none", tree).catch((error: unknown) => error);
	expect(bare).toBeInstanceOf(CommandFailed);
	expect((bare as CommandFailed).tail.at(-1)).toContain("`install.secrets`");
	expect(strangers()).toBeGreaterThan(0);
	const releases = releasesWith({
		install: { secrets: { NPM_TOKEN: { env: "OUR_TOKEN" } } },
		build: 'echo "build has [$NPM_TOKEN]"; cat "$HOME/.npmrc"',
		checks: ["env"],
	});
	await stage(releases, "one", tree);
	expect(await answers(folder("one"), "require('@acme/greet')")).toBe("private hello");
	expect(lines).toContain("build has []");
	expect(lines.join("\n")).not.toContain(token);
	expect(await log("one")).not.toContain(token);
	vi.stubEnv("OUR_TOKEN", "");
	await expect(
		stage(releases, "two", { ...tree, "package.json": manifest.replace("app", "other") }),
	).rejects.toMatchObject({
		refusal: { code: "install_secret_missing" },
	});
}, 120_000);

it("a file for npm stands there for the install alone, and is refused where git tracks it or it is missing", async () => {
	const { port, url } = await openRegistry([packaged], token);
	const npmrc = `@acme:registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n`;
	const manifest = JSON.stringify({ name: "app", version: "1.0.0", dependencies: { "@acme/greet": "1.0.0" } });
	const tree = await locked({ ".gitignore": "node_modules\n", "package.json": manifest }, npmrc);
	const { with: releasesWith, stage, folder, lines, repository } = await open();
	const file = join(await temporaryFolder("deadman-npmrc"), "npmrc");
	await writeFile(file, npmrc, { mode: 0o600 });
	const build = 'cat "$HOME/.npmrc"; grep -rs canary "$HOME" . || echo nothing secret';
	await stage(releasesWith({ install: { npmrc: file }, build }), "one", tree);
	expect(await answers(folder("one"), "require('@acme/greet')")).toBe("private hello");
	expect(lines).toContain("nothing secret");
	expect(lines.join("\n")).not.toContain(token);
	await stage(releasesWith({ install: { npmrc: file }, build }), "two", tree);
	expect(lines).toContain(hit);
	const found = await execute("grep", ["-rl", token, repository.stateDir]).catch(({ code }: { code: number }) => code);
	expect(found).toBe(1);
	await expect(stage(releasesWith({ install: { npmrc: `${file}.gone` } }), "three", tree)).rejects.toMatchObject({
		refusal: { code: "npmrc_unusable" },
	});
	const tracked = { ...tree, "npm/rc": npmrc };
	await expect(stage(releasesWith({ install: { npmrc: "npm/rc" } }), "four", tracked)).rejects.toThrow("git tracks it");
}, 120_000);

it("a release in which an install left its secret is not made, nor is the secret said", async () => {
	vi.stubEnv("OUR_TOKEN", token);
	const { with: releasesWith, stage, lines, log } = await open();
	const secrets = { NPM_TOKEN: { env: "OUR_TOKEN" } };
	const command = 'mkdir node_modules && echo "$NPM_TOKEN" > node_modules/kept && echo "it is $NPM_TOKEN"';
	const tree = { ".gitignore": "node_modules\n", "package.json": "{}" };
	await expect(stage(releasesWith({ install: { command, secrets } }), "one", tree)).rejects.toThrow(
		'left a secret of its own in release one: "node_modules/kept"',
	);
	expect(lines).toEqual(["it is [redacted]"]);
	const fails = { command: 'echo "with $NPM_TOKEN" >&2; exit 1', secrets };
	const error = await stage(releasesWith({ install: fails }), "two", tree).catch((reason: unknown) => reason);
	expect((error as CommandFailed).tail).toEqual(["with [redacted]"]);
	expect((await log("one")) + (await log("two"))).not.toContain(token);
});

it("dependencies without a lock file are installed for each release, where the operator says so", async () => {
	const { url } = await openRegistry([{ name: "greet", version: "1.0.0", exports: "'greet 1'" }]);
	const tools = await open();
	const { with: releasesWith, stage, folder, lines } = tools;
	const manifest = JSON.stringify({ name: "app", version: "1.0.0", dependencies: { greet: "*" } });
	const tree = { ".gitignore": "node_modules\n", ".npmrc": `registry=${url}\n`, "package.json": manifest };
	await stage(releasesWith({}), "none", tree);
	const { tree: hash } = await makeRelease(tools, "asked", tree);
	expect(await releasesWith({}).advice(hash)).toEqual([
		expect.stringContaining(
			"no lock file: nothing is installed into a release. Make one (`npm install --package-lock-only`)",
		),
	]);
	expect(await releasesWith({ install: { withoutLock: true } }).advice(hash)).toEqual([]);
	expect(lines).toEqual(["No dependencies to install."]);
	for (const id of ["one", "two"]) {
		await stage(releasesWith({ install: { withoutLock: true } }), id, tree);
		expect(lines).not.toContain(hit);
		expect(await answers(folder(id), "require('greet')")).toBe("greet 1");
	}
}, 120_000);
