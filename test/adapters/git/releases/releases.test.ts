// Making a release: links to shared paths, builds that misbehave, what earlier lives left half-made, and what verification finds.
import { execFile } from "node:child_process";
import {
	chmod,
	cp,
	mkdir,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	stat,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { createReleases } from "../../../../src/adapters/git/releases/releases.js";
import { networkPasswords, stageEnvironment } from "../../../../src/adapters/git/releases/stage-environment.js";
import { CommandFailed, type Commands } from "../../../../src/ports/ports.js";
import { manifestOf, manifestOfTree, plainGit, type Tree, writeTree } from "../../../support/git.js";
import { makeRelease, makeReleaseTools, type ReleaseTools, settingsOf } from "../../../support/git-releases.js";
import { until } from "../../../support/until.js";

const execute = promisify(execFile);
const quiet = () => {};
const tree: Tree = {
	"app.txt": "one\n",
	"sub/b.txt": "b\n",
	"run.sh": { executable: "#!/bin/sh\n" },
	link: { link: "sub" },
};

const umask = process.umask();
afterEach(() => void process.umask(umask));

it("has fixed permissions, whatever the umask is", async () => {
	const tools = await makeReleaseTools();
	const one = await makeRelease(tools, "one", tree);
	process.umask(0o077);
	await tools.releases().checkout(one);
	process.umask(umask);
	expect(await manifestOf(tools.folder("one"))).toEqual(manifestOfTree(tree));
	for (const folder of ["", "sub"]) {
		expect((await stat(join(tools.folder("one"), folder))).mode & 0o777).toBe(0o755);
	}
});

it("links shared paths to the operator's folder, and makes a missing folder but no missing file", async () => {
	const tools = await makeReleaseTools();
	const { root } = tools.repository;
	const releases = tools.releases({
		shared: ["data/", ".env", "sub/cache/", "var/lib/app.db"],
		databases: [{ path: "var/lib/app.db" }],
	});
	await releases.checkout(await makeRelease(tools, "one", tree));
	const target = (path: string) => readlink(join(tools.folder("one"), path));
	expect(await target("data")).toBe(join(root, "data"));
	expect(await target("sub/cache")).toBe(join(root, "sub/cache"));
	expect(await target("var/lib/app.db")).toBe(join(root, "var/lib/app.db"));
	expect((await stat(join(root, "data"))).isDirectory()).toBe(true);
	await expect(stat(join(root, ".env"))).rejects.toThrow("ENOENT");
	await writeFile(join(tools.folder("one"), ".env"), "KEY=1\n");
	expect(await readFile(join(root, ".env"), "utf8")).toBe("KEY=1\n");
	expect(await releases.verify("one")).toEqual([]);
});

it("shares nothing through a link of the tree", async () => {
	const tools = await makeReleaseTools();
	const one = await makeRelease(tools, "one", tree);
	await expect(tools.releases({ shared: ["link/data/"] }).checkout(one)).rejects.toThrow("link is no folder");
	await expect(tools.releases({ shared: ["sub/b.txt"] }).checkout(one)).rejects.toThrow("sub/b.txt");
});

it("finds every kind of edit, also with the size and time of before", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	const files = { ...tree, "other.txt": "other\n", "deep/er/c.txt": "c\n", "deep/er/d.txt": "d\n", "gone.txt": "x" };
	await releases.checkout(await makeRelease(tools, "one", files));
	const folder = tools.folder("one");
	const before = await stat(join(folder, "other.txt"));
	await writeFile(join(folder, "other.txt"), "OTHER\n");
	await utimes(join(folder, "other.txt"), before.atime, before.mtime);
	await chmod(join(folder, "app.txt"), 0o755);
	await rm(join(folder, "gone.txt"));
	await rm(join(folder, "link"));
	await symlink("run.sh", join(folder, "link"));
	await cp(join(folder, "deep"), join(folder, "copy"), { recursive: true });
	await rm(join(folder, "deep"), { recursive: true });
	await symlink("copy", join(folder, "deep"));
	expect(await releases.verify("one")).toEqual([
		"app.txt",
		"deep/er/c.txt",
		"deep/er/d.txt",
		"gone.txt",
		"link",
		"other.txt",
	]);
	await rm(folder, { recursive: true });
	expect(await releases.verify("one")).toHaveLength(8);
});

it("trusts neither the git file nor the index of a release, which a build can write", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases();
	await releases.checkout(await makeRelease(tools, "one", tree));
	await writeTree(tools.folder("one"), { "app.txt": "evil\n", ".git": "gitdir: /nonexistent\n" });
	await plainGit(join(tools.repository.stateDir, "repo.git", "worktrees", "one"), "read-tree", "--empty").catch(quiet);
	expect(await releases.verify("one")).toEqual(["app.txt"]);
});

it("runs commands in the release with a stripped environment, and keeps what they print", async () => {
	const tools = await makeReleaseTools();
	process.env.DEADMAN_TEST_SECRET = "canary";
	const releases = tools.releases({ build: "env; pwd; echo warn >&2", checks: [["sh", "-c", "echo checked"], null] });
	const one = await makeRelease(tools, "one", tree);
	await releases.checkout(one);
	const lines: string[] = [];
	await releases.build(one, (line) => lines.push(line));
	await releases.check(one, (line) => lines.push(line));
	delete process.env.DEADMAN_TEST_SECRET;
	expect(lines).toContain("DEADMAN_RELEASE=one");
	expect(lines).toContain("CI=true");
	expect(lines).toContain(tools.folder("one"));
	expect(lines.join("\n")).not.toContain("canary");
	expect(lines).toEqual(expect.arrayContaining(["warn", "checked"]));
	const log = await readFile(join(tools.repository.stateDir, "logs", "one-stage.log"), "utf8");
	expect(log).toContain("== build\n");
	expect(log).toContain("== check\nchecked\n");
});

it("passes on only what every command needs, with a home of its own", () => {
	const own = {
		PATH: "/bin",
		HOME: "/nonexistent",
		LANG: "C",
		TZ: "UTC",
		USER: "x",
		AWS_SECRET: "s",
		DEADMAN_TOKEN: "t",
		NODE_EXTRA_CA_CERTS: "/etc/ca.pem",
		HTTPS_PROXY: "http://me:canary@proxy.example:3128",
		no_proxy: "localhost",
		npm_config_registry: "https://r.example/",
		npm_config__authToken: "canary",
	};
	const staged = { release: "one", home: "/homes/one", installs: false };
	const common = {
		PATH: "/bin",
		LANG: "C",
		TZ: "UTC",
		USER: "x",
		HOME: "/homes/one",
		CI: "true",
		DEADMAN_RELEASE: "one",
		NODE_EXTRA_CA_CERTS: "/etc/ca.pem",
		no_proxy: "localhost",
		npm_config_registry: "https://r.example/",
	};
	expect(stageEnvironment(staged, own)).toEqual(common);
	expect(stageEnvironment({ ...staged, installs: true }, own)).toEqual({ ...common, HTTPS_PROXY: own.HTTPS_PROXY });
	expect(networkPasswords(own)).toEqual(["canary"]);
	expect(stageEnvironment(staged, {})).toEqual({ HOME: "/homes/one", CI: "true", DEADMAN_RELEASE: "one" });
});

const failing = [
	["fails", "echo broken >&2; exit 3", {}, { reason: "exit", code: 3, tail: ["broken"] }],
	["never ends", "sleep 60", { timeout: "200ms" }, { reason: "timeout" }],
	["prints without end", "yes", { output: 2_000 }, { reason: "output" }],
] as const;

for (const [name, build, limits, expected] of failing) {
	it(`reports a build that ${name}`, async () => {
		const tools = await makeReleaseTools();
		const releases = tools.releases({ build, limits });
		const one = await makeRelease(tools, "one", tree);
		await releases.checkout(one);
		const failure = await releases.build(one, quiet).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(CommandFailed);
		expect(failure).toMatchObject(expected);
	});
}

it("refuses a build, a check or an install that changes what was reviewed, and names the file", async () => {
	for (const step of ["build", "check"] as const) {
		const tools = await makeReleaseTools();
		const command = "echo more >> app.txt";
		const releases = tools.releases(step === "build" ? { build: command } : { checks: [command] });
		const one = await makeRelease(tools, "one", tree);
		await releases.checkout(one);
		await expect(releases[step](one, quiet)).rejects.toThrow('"app.txt"');
	}
	const tools = await makeReleaseTools();
	const releases = tools.releases({ install: "rm sub/b.txt" });
	const one = await makeRelease(tools, "one", tree);
	await releases.checkout(one);
	await expect(releases.install(one, quiet)).rejects.toThrow('changed by the install: "sub/b.txt"');
	await expect(releases.seal(one)).rejects.toThrow('"sub/b.txt"');
	expect(await releases.sealed("one")).toBeNull();
});

/** States that a kill -9 of us or of git leaves; each is made by hand after a half-made checkout. */
const halfMade: Readonly<Record<string, (own: string, folder: string) => Promise<unknown>>> = {
	"a locked registration": (own) => writeFile(join(own, "worktrees", "one", "locked"), "initializing"),
	"an empty commondir": (own) => writeFile(join(own, "worktrees", "one", "commondir"), ""),
	"an empty HEAD": (own) => writeFile(join(own, "worktrees", "one", "HEAD"), ""),
	"an empty gitdir": (own) => writeFile(join(own, "worktrees", "one", "gitdir"), ""),
	"a lock of the index": (own) => writeFile(join(own, "worktrees", "one", "index.lock"), "half"),
	"a folder without registration": (own) => rm(join(own, "worktrees", "one"), { recursive: true }),
	"a registration without folder": (_, folder) => rm(folder, { recursive: true }),
	"a half-filled folder": (_, folder) => rm(join(folder, "sub"), { recursive: true }),
	"a file where the folder was": async (_, folder) => {
		await rm(folder, { recursive: true });
		await writeFile(folder, "");
	},
	"a read-only folder": (_, folder) => chmod(join(folder, "sub"), 0o500),
	"a torn marker": (_, folder) => writeFile(`${folder}.json`, '{"schemaVersion":1,"id":"one"'),
};

for (const [name, leave] of Object.entries(halfMade)) {
	it(`begins anew over ${name}`, async () => {
		const tools = await makeReleaseTools();
		const releases = tools.releases({ shared: ["data/"] });
		const one = await makeRelease(tools, "one", tree);
		await releases.checkout(one);
		await writeFile(join(tools.folder("one"), "untracked.txt"), "left\n");
		await leave(join(tools.repository.stateDir, "repo.git"), tools.folder("one"));
		expect(await releases.sealed("one")).toBeNull();
		await releases.checkout(one);
		expect(await manifestOf(tools.folder("one"), [".git", "data"])).toEqual(manifestOfTree(tree));
		await releases.seal(one);
		expect(await releases.sealed("one")).not.toBeNull();
		expect(await plainGit(join(tools.repository.stateDir, "repo.git"), "fsck", "--no-dangling")).toBe("");
	});
}

it("ends a build of an earlier life before it begins anew", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases({ build: "setsid sh -c 'touch started; exec sleep 300'" });
	const one = await makeRelease(tools, "one", tree);
	await releases.checkout(one);
	const building = releases.build(one, quiet).then(
		() => "ended",
		() => "ended",
	);
	const folder = tools.folder("one");
	await until("the build runs", () => stat(join(folder, "started")).catch(() => null));
	await releases.checkout(one);
	expect(await building).toBe("ended");
	expect(await manifestOf(folder)).toEqual(manifestOfTree(tree));
});

it("prunes the registration, the pin, the log and the marker with a release", async () => {
	const tools = await makeReleaseTools();
	const { stateDir } = tools.repository;
	const releases = tools.releases({ build: "true" });
	for (const id of ["one", "two"]) {
		const release = await makeRelease(tools, id, { "app.txt": id });
		await releases.checkout(release);
		await releases.build(release, quiet);
		await releases.seal(release);
	}
	await rename(join(stateDir, "releases", "one"), join(stateDir, "moved-by-hand"));
	await releases.prune({ pinned: ["two"], retain: 0 });
	expect((await readdir(join(stateDir, "releases"))).sort()).toEqual(["two", "two.json", "two.seal"]);
	expect(await readdir(join(stateDir, "logs"))).toEqual(["two-stage.log"]);
	expect(await readdir(join(stateDir, "repo.git", "worktrees"))).toEqual(["two"]);
	const pins = await plainGit(
		join(stateDir, "repo.git"),
		"for-each-ref",
		"--format=%(refname)",
		"refs/deadman/releases",
	);
	expect(pins).toBe("refs/deadman/releases/two");
	await releases.prune({ pinned: [], retain: 0 });
	expect(await readdir(join(stateDir, "releases"))).toEqual([]);
});

it("verifies 2,000 files with two git processes, whatever their number", async () => {
	const tools = await makeReleaseTools();
	const many = Array.from({ length: 2_000 }, (_, index) => [`d${index % 50}/f${index}.txt`, `${index}\n`] as const);
	await tools.releases().checkout(await makeRelease(tools, "one", Object.fromEntries(many)));
	let processes = 0;
	const run: Commands["run"] = (command) => {
		processes += 1;
		return tools.tools.commands.run(command);
	};
	const releases = createReleases({ ...tools.repository, ...tools.tools, settings: settingsOf(), commands: { run } });
	await releases.seal({ id: "one", ...(await refOf(tools)) });
	processes = 0;
	expect(await releases.verify("one")).toEqual([]);
	expect(processes).toBe(2);
	await writeFile(join(tools.folder("one"), "d7/f7.txt"), "8\n");
	expect(await releases.verify("one")).toEqual(["d7/f7.txt"]);
});

async function refOf({ repository, port }: ReleaseTools) {
	const commit = await repository.git("rev-parse", "HEAD");
	return { commit, tree: await port.treeOf(commit) };
}

it("builds may ask git about the release they are in", async () => {
	const tools = await makeReleaseTools();
	const one = await makeRelease(tools, "one", tree);
	await tools.releases().checkout(one);
	const { stdout } = await execute("git", ["rev-parse", "HEAD"], { cwd: tools.folder("one") });
	expect(stdout.trim()).toBe(one.commit);
	await mkdir(join(tools.folder("one"), "dist"));
	expect(await tools.releases().verify("one")).toEqual([]);
});
