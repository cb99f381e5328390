// Install, build and checks of a candidate, with and without a sandbox: what they find, what they cannot touch, and what is said of them.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createReleases } from "../../../../src/adapters/git/releases/releases.js";
import { isSecretPath, toolVariables } from "../../../../src/adapters/git/releases/stage-confinement.js";
import { publicSettings } from "../../../../src/adapters/git/releases/stage-home.js";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { findSandbox } from "../../../../src/adapters/process/confine/sandbox.js";
import type { Config } from "../../../../src/config/config.js";
import { createScrub } from "../../../../src/core/rules/redact.js";
import type { Tree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, settingsOf } from "../../../support/git-releases.js";

type Mode = "required" | "off";

const quiet = () => {};
const tree: Tree = { ".gitignore": "node_modules\nout\n", "package.json": '{"name":"x"}', "app.txt": "one\n" };
const scrub = createScrub({ secrets: ["canary-0123456789"] });
const installs = "mkdir -p node_modules/dep && echo 1 > node_modules/dep/index.js";

beforeAll(async () => {
	const found = await findSandbox();
	if (found.sandbox === null) throw new Error(`These tests need a sandbox: install bubblewrap (${found.why}).`);
});

async function open(sandbox: Mode) {
	const tools = await makeReleaseTools(tree);
	const commands = createCommands({ scrub, sandbox });
	const { root, stateDir } = tools.repository;
	return {
		...tools,
		root,
		stateDir,
		with: (config: Partial<Config>) =>
			createReleases({ root, stateDir, ...tools.tools, commands, scrub, settings: settingsOf(config) }),
		make: (id: string, more: Tree = {}) => makeRelease(tools, id, { ...tree, ...more }),
	};
}

async function homeWith(files: Readonly<Record<string, string>>): Promise<string> {
	const home = await mkdtemp("/var/tmp/deadman-home-");
	onTestFinished(() => rm(home, { recursive: true }));
	for (const [name, content] of Object.entries(files)) {
		await mkdir(join(home, name, ".."), { recursive: true });
		await writeFile(join(home, name), content);
	}
	vi.stubEnv("HOME", home);
	return home;
}

describe.each(["required", "off"] as const)("commands of a stage, sandbox %s", (mode) => {
	it("build in the release, and tell what the checks were and took", async () => {
		const { with: releasesWith, make, folder } = await open(mode);
		const checks: Config["checks"] = ["test -f out/app", ["sleep", "0.2"], null, "echo canary-0123456789"];
		const releases = releasesWith({ install: installs, build: "mkdir out && cp app.txt out/app", checks });
		const one = await make("one");
		await releases.checkout(one);
		await releases.install(one, quiet);
		await releases.build(one, quiet);
		const results = await releases.check(one, quiet);
		expect(results.map(({ command }) => command)).toEqual(["test -f out/app", "sleep 0.2", "echo [redacted]"]);
		expect(results[1]?.durationMs).toBeGreaterThanOrEqual(200);
		expect(results[0]?.durationMs).toBeLessThan(10_000);
		expect(await readFile(join(folder("one"), "out", "app"), "utf8")).toBe("one\n");
	});

	it("have an empty home of their own, from install to the last check", async () => {
		await homeWith({ ".npmrc": "registry=https://r.example/\n//r.example/:_authToken=canary\n", "x/token": "canary" });
		const { with: releasesWith, make, stateDir } = await open(mode);
		const releases = releasesWith({
			install:
				'echo kept > "$HOME/state"; echo "cache $npm_config_cache"; echo x > "$npm_config_cache/x"; cat "$HOME/.npmrc"',
			build: 'cat "$HOME/state"; ls -A "$HOME"',
			checks: ['cat "$HOME/state"', 'echo "cache $npm_config_cache."'],
		});
		const lines: string[] = [];
		const one = await make("one");
		await releases.checkout(one);
		for (const step of ["install", "build", "check"] as const) await releases[step](one, (line) => lines.push(line));
		const home = join(stateDir, "homes");
		expect(lines).toEqual([
			`cache ${join(home, ".npm-cache")}`,
			"registry=https://r.example/",
			"kept",
			".npmrc",
			"state",
			"kept",
			"cache .",
		]);
		expect(await readdir(home)).toEqual([".npm-cache"]);
	});

	it("begin with a fresh home when they are tried again", async () => {
		const { with: releasesWith, make } = await open(mode);
		const releases = releasesWith({ install: 'ls -A "$HOME"; touch "$HOME/.profile"; [ -f pass ]' });
		const one = await make("one");
		await releases.checkout(one);
		const lines: string[] = [];
		for (const _ of [1, 2]) await expect(releases.install(one, (line) => lines.push(line))).rejects.toThrow();
		expect(lines).toEqual([".npmrc", ".npmrc"]);
	});

	it("leave no file that runs as its owner", async () => {
		const { with: releasesWith, make } = await open(mode);
		const releases = releasesWith({ build: "mkdir out && cp /bin/true out/tool && chmod 4755 out/tool" });
		const one = await make("one");
		await releases.checkout(one);
		await releases.build(one, quiet);
		await expect(releases.check(one, quiet)).rejects.toThrow('mode 4755) after its build: "out/tool"');
	});

	it("install with npm from a local package", async () => {
		const { with: releasesWith, make, folder, root } = await open(mode);
		const dep = join(root, "dep");
		await mkdir(dep);
		await writeFile(join(dep, "package.json"), '{"name":"dep","version":"1.0.0"}');
		await promisify(execFile)("npm", ["pack", "--silent", dep, "--pack-destination", root]);
		const manifest = { name: "x", version: "1.0.0", dependencies: { dep: "file:dep-1.0.0.tgz" } };
		const locked = { version: "1.0.0", resolved: "file:dep-1.0.0.tgz" };
		const packages = { "": manifest, "node_modules/dep": locked };
		const one = await make("one", {
			"package.json": JSON.stringify(manifest),
			"package-lock.json": JSON.stringify({ name: "x", version: "1.0.0", lockfileVersion: 3, packages }),
		});
		const releases = releasesWith({ install: undefined, build: "node -p 'require(\"dep/package.json\").name' > out" });
		await releases.checkout(one);
		await releases.install(one, quiet);
		await releases.build(one, quiet);
		expect(await readFile(join(folder("one"), "out"), "utf8")).toBe("dep\n");
	});

	it("end when they fork, and live stays as it is", async () => {
		const { with: releasesWith, make, root } = await open(mode);
		const releases = releasesWith({
			build: "b() { [ $1 -gt 0 ] && { b $(($1-1)) & b $(($1-1)) & }; sleep 30; }; b 11",
			limits: { processes: 30 },
		});
		const one = await make("one");
		await releases.checkout(one);
		const error = await releases.build(one, quiet).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ name: "CommandFailed", reason: "processes" });
		expect(await readFile(join(root, "app.txt"), "utf8")).toBe("one\n");
	});
});

describe("in the sandbox", () => {
	it("a candidate finds no secret, and changes neither data, nor state, nor the operator's files", async () => {
		const home = await homeWith({ ".ssh/id": "canary", ".config/token": "canary", ".cargo/credentials": "canary" });
		const { with: releasesWith, make, root, stateDir } = await open("required");
		await mkdir(join(stateDir, "page"), { recursive: true });
		for (const name of ["nonces.key", "state.db", "live.json", "page/token"]) {
			await writeFile(join(stateDir, name), "canary");
		}
		const places = `${stateDir}/nonces.key ${stateDir}/state.db ${stateDir}/live.json ${stateDir}/page/token ${root}/.env ${root}/server.pem`;
		const grep = `cat ${places} .env server.pem ${home}/.ssh/id ${home}/.config/token ${home}/.cargo/credentials 2>/dev/null; git config -f ${root}/.git/config -l 2>/dev/null; cat data/app.db`;
		const write = `for f in data/app.db data/new ${root}/app.txt ${stateDir}/live.json ${stateDir}/current ${stateDir}/releases/two ${root}/.git/hooks/x; do echo x > $f; done 2>/dev/null; true`;
		const lines: string[] = [];
		const releases = releasesWith({ build: `${grep}; ${write}`, shared: ["data", ".env", "server.pem"] });
		const one = await make("one");
		await mkdir(join(root, "data"));
		await writeFile(join(root, "data", "app.db"), "rows");
		await writeFile(join(root, ".env"), "KEY=canary\n");
		await writeFile(join(root, "server.pem"), "canary\n");
		await releases.checkout(one);
		await releases.build(one, (line) => lines.push(line));
		expect(lines).toEqual(["rows"]);
		expect(await readFile(join(root, "data", "app.db"), "utf8")).toBe("rows");
		expect(await readdir(join(root, "data"))).toEqual(["app.db"]);
		expect(await readFile(join(root, "app.txt"), "utf8")).toBe("one\n");
		expect(await readFile(join(stateDir, "live.json"), "utf8")).toBe("canary");
		expect(await readdir(join(stateDir, "releases"))).toEqual(["one"]);
		await expect(stat(join(root, ".git", "hooks", "x"))).rejects.toThrow("ENOENT");
	});

	it("git answers about the release, and nobody speaks to sockets of the supervisor", async () => {
		const { with: releasesWith, make, stateDir } = await open("required");
		const releases = releasesWith({ build: `git rev-parse HEAD; ls ${stateDir}` });
		const one = await make("one");
		await releases.checkout(one);
		const lines: string[] = [];
		await releases.build(one, (line) => lines.push(line));
		expect(lines).toEqual([one.commit, "homes", "releases", "repo.git"]);
	});

	it("tools of the operator's home are found", async () => {
		const home = await homeWith({ ".nvm/bin/tool": "#!/bin/sh\necho tool", "bin/other": "x", private: "canary" });
		vi.stubEnv("PATH", `${process.env.PATH}:${home}/.nvm/bin:${home}/bin`);
		const { with: releasesWith, make } = await open("required");
		const releases = releasesWith({ build: `sh ${home}/.nvm/bin/tool; ls -A ${home}` });
		const one = await make("one");
		await releases.checkout(one);
		const lines: string[] = [];
		await releases.build(one, (line) => lines.push(line));
		expect(lines).toEqual(["tool", ".nvm", "bin"]);
	});
});

it("refuses where a sandbox is required and missing", async () => {
	const { with: releasesWith, make } = await open("required");
	const releases = releasesWith({ build: "touch ran" });
	const one = await make("one");
	await releases.checkout(one);
	vi.stubEnv("PATH", "/nonexistent");
	await expect(releases.build(one, quiet)).rejects.toMatchObject({ refusal: { code: "sandbox_missing" } });
});

it("knows which settings of npm are no secret, which files are, and which tools look in a home", () => {
	const npmrc = [
		"registry = https://r.example/",
		"@scope:registry=https://s.example/",
		"registry=https://user:canary@r.example/",
		"//r.example/:_authToken=canary",
		"_auth=canary",
		"//s.example/:_password=canary",
		"proxy=http://canary@p.example",
		"https-proxy=http://$" + "{CANARY}.example",
		"; registry=x",
		"cafile=/etc/ca.pem",
		"script-shell=/tmp/canary",
	];
	expect(publicSettings(npmrc.join("\n"))).toBe(
		"registry = https://r.example/\n@scope:registry=https://s.example/\ncafile=/etc/ca.pem\n",
	);
	for (const secret of [".env", "conf/.env.local", "tls/server.key", "a.pem", "secrets.json", "api_key"]) {
		expect(isSecretPath(secret), secret).toBe(true);
	}
	for (const open of ["data", "data/app.db", "uploads", "keyboard.json"]) expect(isSecretPath(open), open).toBe(false);
	const operator = { home: "/h", path: "" };
	expect(toolVariables(operator, (path) => path === "/h/.rustup")).toEqual({ RUSTUP_HOME: "/h/.rustup" });
	expect(toolVariables({ home: undefined, path: "" }, () => true)).toEqual({});
});
