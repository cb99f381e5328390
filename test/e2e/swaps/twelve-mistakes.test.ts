// What the reference implementation of the builder's swap got wrong, found by running it: one test each, named after the mistake. The host
// runs from its own checkout, as it did there.
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
	ask,
	close,
	contents,
	deadman,
	factsOf,
	git,
	type Json,
	look,
	openScene,
	post,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	swapOf,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
afterEach(() => close(scene));

const limit = { timeout: 90_000 };

/** From its own checkout, with build output that changes with the code; each change is approved by a person. */
async function open(configure: (config: Json) => void = () => {}): Promise<void> {
	scene = await openScene({
		configure: (config) => {
			Object.assign(config, { activation: "in_place", outputs: ["dist"], summaries: "overall", approval: "auto" });
			config.build = "mkdir -p dist && grep -m1 'VERSION =' server.cjs > dist/built";
			configure(config);
		},
		populate: async (root) => {
			await writeFile(join(root, ".gitignore"), "data/\nsupervisor.log\ndist/\n.deadman/\n");
			await mkdir(join(root, "assets"));
			await writeFile(join(root, "assets", "tool.sh"), "#!/bin/sh\n");
			await writeFile(join(root, "assets", "größe.txt"), "groß\n");
			await mkdir(join(root, "dist"));
			await writeFile(join(root, "dist", "built"), 'const VERSION = "1";\n');
		},
	});
	await raise(scene);
	await writeNotes(scene, 3);
}

type Change = (folder: string) => Promise<void>;

const toVersion =
	(number: number | string): Change =>
	async (folder) => {
		const path = join(folder, "server.cjs");
		await writeFile(path, version(number)(await readFile(path, "utf8")));
	};

async function submit(name: string, change: Change): Promise<Json> {
	const { workspace } = await deadman(scene, "workspace", "create", name);
	await change(workspace.path);
	await git({ root: workspace.path }, "add", "--all");
	await git({ root: workspace.path }, "commit", "--quiet", "-m", name);
	const answer = await deadman(scene, "submit", name, "--summary", name);
	if (answer.error !== undefined) throw new Error(`${answer.error.code}: ${answer.error.message}`);
	return answer.swap;
}

async function onTrial(name: string, change: Change): Promise<Json> {
	const { id } = await submit(name, change);
	const swap = await reach(scene, id, "awaiting_confirmation", "drafting", "rolled_back", "stranded");
	expect(swap.status, JSON.stringify(swap.cause)).toBe("awaiting_confirmation");
	return swap;
}

async function rolledBack(id: string): Promise<Json> {
	await deadman(scene, "rollback", id);
	return reach(scene, id, "rolled_back", "stranded");
}

/** Every file of the checkout with its mode, content or target; what git and deadman keep for themselves is left out. */
async function checkout(): Promise<Record<string, string>> {
	const seen: Record<string, string> = {};
	const others = new Set([".git", ".deadman", "data", "supervisor.log"]);
	async function walk(below: string): Promise<void> {
		for (const name of await readdir(join(scene.root, below))) {
			const path = join(below, name);
			if (others.has(path)) continue;
			const found = await lstat(join(scene.root, path));
			if (found.isSymbolicLink()) seen[path] = `link ${await readlink(join(scene.root, path))}`;
			else if (found.isDirectory()) await walk(path);
			else seen[path] = `${(found.mode & 0o777).toString(8)} ${await readFile(join(scene.root, path), "base64")}`;
		}
	}
	await walk("");
	return seen;
}

describe("what the reference implementation got wrong", () => {
	test("one added file made its whole rollback fail; exec bits, links and odd names were lost", limit, async () => {
		await open();
		const before = await checkout();
		const swap = await onTrial("odd", async (folder) => {
			await toVersion(2)(folder);
			await mkdir(join(folder, "new folder"));
			await writeFile(join(folder, "new folder", "añadido\n.txt"), "new\n");
			await chmod(join(folder, "assets", "tool.sh"), 0o755);
			await writeFile(join(folder, "assets", "größe.txt"), "größer\n");
			await symlink("assets/tool.sh", join(folder, "tool"));
		});
		const during = await checkout();
		expect(during).toMatchObject({ tool: "link assets/tool.sh", "assets/tool.sh": expect.stringMatching(/^755 /) });
		expect(Object.keys(during)).toContain("new folder/añadido\n.txt");
		expect((await rolledBack(swap.id)).status).toBe("rolled_back");
		expect(await checkout()).toEqual(before);
		expect((await git(scene, "status", "--porcelain")).trim()).toBe("");
	});

	test("it copied the snapshot over an open WAL database", limit, async () => {
		await open();
		const before = contents(scene);
		const swap = await onTrial("wal", toVersion(2));
		await writeNotes(scene, 40);
		expect(existsSync(join(scene.root, "data", "notes.db-wal"))).toBe(true);
		expect((await rolledBack(swap.id)).status).toBe("rolled_back");
		expect(contents(scene)).toEqual(before);
	});

	test("the row that knew about the swap lived in the database that was restored", limit, async () => {
		await open();
		const swap = await onTrial("row", toVersion(2));
		await rolledBack(swap.id);
		expect(contents(scene).schema.map(({ name }: Json) => name)).toEqual(["notes"]);
		const types = (await factsOf(scene, swap.id)).map(({ type }) => type);
		expect(types).toEqual(expect.arrayContaining(["armed", "snapshotTaken", "rollbackRequested", "restored"]));
	});

	test(
		"the deadman lived in the code that it guards: a throw at import meant a crash loop for ever",
		limit,
		async () => {
			await open();
			const { id } = await submit("throws", async (folder) => {
				const path = join(folder, "server.cjs");
				await writeFile(path, `throw new Error("at import");\n${await readFile(path, "utf8")}`);
			});
			const swap = await reach(scene, id, "rolled_back", "stranded", "finalized");
			expect(swap).toMatchObject({ status: "rolled_back", cause: { code: "candidate_died" } });
			expect(JSON.stringify(swap.cause.log)).toContain("at import");
			expect(await serving(scene, ({ version }) => version === "1")).toMatchObject({ notes: 3 });
		},
	);

	test("the old process sent the message that the new version is back", limit, async () => {
		await open();
		const swap = await onTrial("back", toVersion(2));
		await seen(scene, swap.id, "told", ({ handshake }) => handshake === "message1_sent");
		const facts = await factsOf(scene, swap.id);
		const at = (type: string) => facts.findIndex((fact) => fact.type === type);
		expect(at("ready")).toBeGreaterThan(at("bootStarted"));
		expect(at("cardDelivered")).toBeGreaterThan(at("ready"));
		expect(facts[at("ready")].evidence.release).toBe(swap.candidateRelease);
		await rolledBack(swap.id);
	});

	test("errors of a rollback were swallowed and rolled_back recorded; build output stayed new", limit, async () => {
		await open((config) => {
			config.files = [];
		});
		const built = () => readFile(join(scene.root, "dist", "built"), "utf8");
		const good = await onTrial("built", toVersion(2));
		expect(await built()).toContain('"2"');
		await rolledBack(good.id);
		expect(await built()).toContain('"1"');

		// A version that does not start where a file stands that no rollback removes: going back to it must not be called done.
		const guard = 'if (require("node:fs").existsSync("data/spoiled")) throw new Error("the data folder is spoiled");\n';
		const change =
			(edit: (source: string) => string): Change =>
			async (folder) => {
				const path = join(folder, "server.cjs");
				await writeFile(path, edit(await readFile(path, "utf8")));
			};
		const sensitive = await onTrial(
			"sensitive",
			change((source) => guard + version(2)(source)),
		);
		await deadman(scene, "confirm", sensitive.id);
		await reach(scene, sensitive.id, "finalized");
		const spoil = 'require("node:fs").writeFileSync("data/spoiled", "");\n';
		const spoiling = await onTrial(
			"spoiling",
			change((source) => spoil + version(3)(source.replace(guard, ""))),
		);
		expect((await rolledBack(spoiling.id)).status).toBe("stranded");
		expect((await ask(scene, "/v1/status")).supervisor.program.proven).toBe(false);
		expect((await factsOf(scene, spoiling.id)).map(({ type }) => type)).not.toContain("restored");
		await rm(join(scene.root, "data", "spoiled"));
		await deadman(scene, "rollback", spoiling.id);
		await until("it is mended", async () => (await swapOf(scene, spoiling.id)).status === "rolled_back");
		expect(await built()).toContain('"2"');
	});

	test(
		"a second Approve overwrote the target of the rollback, a late Confirm finalized, nobody looked who clicked",
		limit,
		async () => {
			await open((config) => {
				config.approval = "required";
				config.deadman = { initial: "3s", afterDelivery: "3s", cap: "6s" };
			});
			const { id } = await submit("twice", toVersion(2));
			const typed = `host ${id}`;
			const strangers = await post(scene, `/v1/swaps/${id}/approve`, { typed: "host" });
			expect(strangers.error.code).toBe("phrase_wrong");
			expect((await post(scene, `/v1/swaps/${id}/approve`, { typed })).code).toBe(0);
			const { previousRelease } = await swapOf(scene, id);
			expect((await post(scene, `/v1/swaps/${id}/approve`, { typed })).error.code).toMatch(/already_decided|not_yet/);
			expect((await swapOf(scene, id)).previousRelease).toBe(previousRelease);
			const end = await reach(scene, id, "rolled_back", "stranded");
			expect(end.status).toBe("rolled_back");
			expect((await deadman(scene, "confirm", id)).error.code).toBe("already_decided");
			expect((await swapOf(scene, id)).status).toBe("rolled_back");
			expect(await look(scene)).toMatchObject({ version: "1" });
		},
	);

	test("the hard cap was applied to the row but not to the timer", limit, async () => {
		await open((config) => {
			config.deadman = { initial: "6s", afterDelivery: "6s", cap: "12s" };
		});
		const swap = await onTrial("capped", toVersion(2));
		const extended = async () => (await deadman(scene, "extend", swap.id, "--by", "1m")).error?.code;
		await until("the cap is reached", async () => (await extended()) === "cap_reached");
		const end = await reach(scene, swap.id, "rolled_back", "finalized");
		expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
		const facts = await factsOf(scene, swap.id);
		const atMs = (type: string) => Date.parse(facts.find((fact) => fact.type === type).at);
		const tookMs = atMs("deadlinePassed") - atMs("armed");
		expect(tookMs).toBeGreaterThanOrEqual(11_900);
		// As late as a busy machine makes it, and not by the minute that was asked for.
		expect(tookMs).toBeLessThan(20_000);
	});

	test("host code ran before approval, because git ran in a folder that the builder can write", limit, async () => {
		await open((config) => {
			config.approval = "required";
		});
		const mark = join(scene.root, "data", "fired");
		const { workspace } = await deadman(scene, "workspace", "create", "hostile");
		await toVersion(2)(workspace.path);
		await writeFile(join(workspace.path, ".gitattributes"), "* filter=evil diff=evil\n");
		await git({ root: workspace.path }, "add", "--all");
		await git({ root: workspace.path }, "commit", "--quiet", "-m", "hostile");
		const script = join(workspace.path, "..", "evil.sh");
		await writeFile(script, `#!/bin/sh\necho "$0 $*" >> "${mark}"\ntimeout 1 cat\n`);
		await chmod(script, 0o755);
		for (const key of [
			"core.fsmonitor",
			"diff.external",
			"filter.evil.smudge",
			"filter.evil.clean",
			"diff.evil.textconv",
		]) {
			await git({ root: workspace.path }, "config", key, script);
		}
		await git({ root: workspace.path }, "status").catch(() => "");
		expect(existsSync(mark)).toBe(true);
		await rm(mark);
		const refused = await deadman(scene, "submit", "hostile", "--summary", "hostile");
		expect(refused).toMatchObject({ code: 5, error: { code: "filters_unsupported" } });
		expect(existsSync(mark)).toBe(false);
		await writeFile(join(workspace.path, ".gitattributes"), "* diff=evil\n");
		await git({ root: workspace.path }, "commit", "--quiet", "-am", "without a filter");
		await rm(mark, { force: true });
		const { swap } = await deadman(scene, "submit", "hostile", "--summary", "hostile");
		await deadman(scene, "review", swap.id);
		await deadman(scene, "diff", swap.id);
		expect(existsSync(mark)).toBe(false);
		await deadman(scene, "approve", swap.id, "--type", `host ${swap.id}`);
		await reach(scene, swap.id, "awaiting_confirmation");
		expect(existsSync(mark)).toBe(false);
		await rolledBack(swap.id);
	});

	test(
		"the diff was computed again at each step against a moving branch: what was approved was not what was applied",
		limit,
		async () => {
			await open((config) => {
				config.approval = "required";
			});
			const { workspace } = await deadman(scene, "workspace", "create", "moving");
			await toVersion(2)(workspace.path);
			await git({ root: workspace.path }, "commit", "--quiet", "-am", "two");
			const { swap } = await deadman(scene, "submit", "moving", "--summary", "two");
			const { review } = await deadman(scene, "review", swap.id);
			await chmod(join(workspace.path, "server.cjs"), 0o644);
			await toVersion(66)(workspace.path);
			await git({ root: workspace.path }, "commit", "--quiet", "-am", "slipped in").catch(() => "");
			expect((await deadman(scene, "review", swap.id)).review).toEqual(review);
			await deadman(scene, "approve", swap.id, "--type", `host ${swap.id}`);
			const tried = await reach(scene, swap.id, "awaiting_confirmation");
			expect(tried.tree).toBe(review.tree);
			expect(await serving(scene, () => true)).toMatchObject({ version: "2" });
			expect((await git(scene, "rev-parse", "main^{tree}")).trim()).toBe(review.tree);
			await rolledBack(swap.id);
		},
	);

	test("only the first 9 KB of the diff were shown, and the rest could be approved unseen", limit, async () => {
		await open((config) => {
			config.approval = "required";
			config.policy = { host: { typed: false } };
		});
		const long = Array.from(
			{ length: 60_000 },
			(_, line) => `line ${line} of a very long change that nobody reads in a chat\n`,
		);
		const { id } = await submit("long", async (folder) => {
			await toVersion(2)(folder);
			await writeFile(join(folder, "assets", "long.txt"), long.join("").repeat(2));
		});
		expect((await swapOf(scene, id)).shown.whole).toBe(false);
		expect((await deadman(scene, "approve", id)).error.code).toBe("phrase_needed");
		expect((await swapOf(scene, id)).status).toBe("pending_approval");
		const short = await deadman(scene, "withdraw", id);
		expect(short.code).toBe(0);
		const next = await submit("short", toVersion(2));
		expect(next.shown.whole).toBe(true);
		expect((await deadman(scene, "approve", next.id)).code).toBe(0);
		await reach(scene, next.id, "awaiting_confirmation");
		await rolledBack(next.id);
	});

	test("git and builds were synchronous and blocked timers and delivery", limit, async () => {
		await open((config) => {
			config.build = "mkdir -p dist && grep -m1 'VERSION =' server.cjs > dist/built && sleep 4";
		});
		const { id } = await submit("slow", toVersion(2));
		const times: number[] = [];
		await until("it is on trial", async () => {
			const beganMs = performance.now();
			const swap = await swapOf(scene, id);
			times.push(performance.now() - beganMs);
			return swap?.status === "awaiting_confirmation";
		});
		times.sort((a, b) => a - b);
		expect(times.length).toBeGreaterThan(20);
		expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(250);
		await rolledBack(id);
	});
});
