// One failing call, a git that was killed, a supervisor that was killed, a power cut: whichever it was, nobody can commit half of the change meanwhile, another try
// goes on to the same end, and nothing is left over.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { CommandFailed, type Commands, type Files } from "../../../../src/ports/ports.js";
import { openDisk, whyNoDisk } from "../../../crash/ground.js";
import { manifestOf, manifestOfTree, plainGit, type Tools, type Tree, writeTree } from "../../../support/git.js";
import { type Confirmed, confirmedAt, leftoversOf, makeConfirmed, swapId } from "../../../support/git-follow.js";
import { sampleOf, shardOf } from "../../../support/shard.js";

const lines = (third: string, ninth = "9") => `1\n2\n${third}\n4\n5\n6\n7\n8\n${ninth}\n`;
const first: Tree = { "app.txt": lines("3"), "gone/file.txt": "gone\n", "kept.txt": "kept\n", "other.txt": "other\n" };
const change: Tree = {
	"app.txt": lines("three"),
	"gone/file.txt": null,
	gone: { link: "kept.txt" },
	"other.txt": { executable: "OTHER\n" },
	"new/file.txt": "new\n",
};
const edits: Tree = { "kept.txt": "mine\n", "app.txt": lines("3", "nine") };
const edited: Tree = { "kept.txt": "mine\n", "app.txt": lines("three", "nine") };

const sites = ["keep", "plan", "branch", "files", "index", "settle"].map((name) => `checkout.${name}`);
const moments = ["before", "after"] as const;

async function makeEdited(): Promise<Confirmed> {
	const all = await makeConfirmed(first, change);
	await edit(all);
	return all;
}

/** One staged, one not. */
async function edit({ root, git }: Confirmed): Promise<void> {
	await writeTree(root, edits);
	await git("add", "kept.txt");
}

/** Either nothing has moved, or no git of the operator can commit what is there. */
async function nobodyCommitsHalf(all: Confirmed): Promise<void> {
	const isOld = (await all.git("rev-parse", "main")) === all.from;
	const isWhole = [status, ""].includes(await all.git("status", "--porcelain"));
	const isLocked = await stat(join(all.root, ".git", "index.lock")).then(
		() => true,
		() => false,
	);
	expect({ isOld, isWhole, isLocked }).not.toEqual({ isOld: false, isWhole: false, isLocked: false });
}

const status = " M app.txt\nM  kept.txt";

async function isFollowed(all: Confirmed, holds: Tree = edited): Promise<void> {
	expect(await manifestOf(all.root)).toEqual(manifestOfTree(first, change, holds));
	expect(await all.git("status", "--porcelain")).toBe(holds === edited ? status : "");
	expect(await all.git("rev-parse", "main")).toBe(all.to);
	expect(await all.git("fsck", "--no-dangling")).toBe("");
	expect(await leftoversOf(all)).toEqual([]);
}

const merged = { moved: true, checkout: "merged", kept: `refs/deadman/kept/${swapId}`, left: [] };

for (const site of sampleOf(sites)) {
	it(`goes on when ${site} fails, before and after`, async () => {
		for (const moment of moments) {
			const all = await makeEdited();
			const gate: Tools["gate"] = {
				around: async (at, effect) => {
					if (at === site && moment === "before") throw new Error("failed");
					const result = await effect();
					if (at === site) throw new Error("failed");
					return result;
				},
			};
			await expect(all.advance({ gate })).rejects.toThrow("failed");
			await nobodyCommitsHalf(all);
			expect(await all.advance()).toEqual(merged);
			await isFollowed(all);
			expect(await all.advance()).toEqual(merged);
		}
	}, 60_000);
}

it("goes on to the same merge into a branch that moved on, whichever part of it failed", async () => {
	for (const site of sampleOf(sites.filter((one) => one !== "checkout.keep"))) {
		for (const moment of moments) {
			const all = await makeConfirmed(first, change);
			await writeTree(all.root, { "later.txt": "later\n" });
			await all.git("add", "later.txt");
			await all.git("commit", "--quiet", "-m", "later");
			const head = await all.git("rev-parse", "main");
			let fired = 0;
			const gate: Tools["gate"] = {
				around: async (at, effect) => {
					const result = at === site && moment === "before" ? null : await effect();
					if (at !== site) return result as Awaited<ReturnType<typeof effect>>;
					fired += 1;
					throw new Error("failed");
				},
			};
			await expect(all.advance({ gate })).rejects.toThrow("failed");
			expect(fired).toBe(1);
			const again = await all.advance();
			const merge = await all.git("rev-parse", "main");
			expect(again).toEqual({ moved: true, checkout: "followed", kept: null, left: [], merge });
			expect(await all.git("show", "--no-patch", "--format=%P", "main")).toBe(`${head} ${all.to}`);
			expect(await manifestOf(all.root)).toEqual(manifestOfTree(first, change, { "later.txt": "later\n" }));
			expect(await all.git("status", "--porcelain")).toBe("");
			expect(await leftoversOf(all)).toEqual([]);
			expect(await all.advance()).toEqual(again);
		}
	}
}, 120_000);

/** Fails once at the operation of this number, after it was done. */
function failingFiles({ files }: Tools, number: number): { readonly files: Files; fired(): boolean } {
	let count = 0;
	const failing =
		<A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
		async (...args: A): Promise<R> => {
			count += 1;
			const result = await work(...args);
			if (count === number) throw Object.assign(new Error("planted"), { code: "EIO" });
			return result;
		};
	const { writeAtomic, syncFolder, syncTree, remove } = files;
	const all = { writeAtomic, syncFolder, syncTree, remove };
	const entries = Object.entries(all).map(([name, work]) => [name, failing(work as () => Promise<void>)]);
	return { files: { ...files, ...Object.fromEntries(entries) }, fired: () => count >= number };
}

it("goes on when any one of its durable operations fails", async () => {
	let fired = 0;
	// In the short run one of five, which the commit says.
	const [from = 1, step = 1] = process.env.DEADMAN_TEST_SHORT === undefined ? [] : [shardOf().index, shardOf().of];
	for (let number = from; ; number += step) {
		const all = await makeEdited();
		const failing = failingFiles(all.tools, number);
		const outcome = await all.advance({ files: failing.files }).catch(() => null);
		if (!failing.fired()) break;
		fired += 1;
		if (outcome === null) await nobodyCommitsHalf(all);
		expect(await all.advance()).toEqual(merged);
		await isFollowed(all);
	}
	expect(fired).toBeGreaterThan(step === 1 ? 10 : 1);
}, 240_000);

/** The git whose arguments have this word, at its n-th run: killed when it had done its work. */
function killing(
	{ commands }: Tools,
	word: string,
	occurrence: number,
): { readonly commands: Commands; fired(): boolean } {
	let count = 0;
	return {
		commands: {
			run: async (command) => {
				const result = await commands.run(command);
				if (!command.command.includes(word)) return result;
				count += 1;
				if (count === occurrence) throw new CommandFailed(word, "exit", null, ["ended by SIGKILL"]);
				return result;
			},
		},
		fired: () => count >= occurrence,
	};
}

for (const word of sampleOf(["merge-tree", "checkout-index", "index-pack", "update-ref", "update-index"])) {
	it(`goes on when a git ${word} is killed, whichever of the first ones it was`, async () => {
		for (let occurrence = 1; occurrence <= 3; occurrence += 1) {
			const all = await makeEdited();
			const { commands, fired } = killing(all.tools, word, occurrence);
			await all.advance({ commands }).catch(() => null);
			if (!fired()) {
				expect(occurrence).toBeGreaterThan(1);
				break;
			}
			await nobodyCommitsHalf(all);
			expect(await all.advance()).toEqual(merged);
			await isFollowed(all);
		}
	}, 120_000);
}

it("knows the lock of a ref that is only ever its own", async () => {
	const all = await makeEdited();
	const lock = join(all.root, ".git", "refs/deadman/kept/sw_abc123.lock");
	const gate: Tools["gate"] = {
		around: async (at, effect) => {
			if (at !== "checkout.branch") return effect();
			await writeFile(lock, "");
			throw new Error("killed");
		},
	};
	await expect(all.advance({ gate })).rejects.toThrow("killed");
	expect(await all.advance()).toEqual(merged);
	await rm(lock, { force: true });
	await isFollowed(all);
});

it("leaves what the operator edited meanwhile, names it each time, and brings the rest", async () => {
	const all = await makeEdited();
	const gate: Tools["gate"] = {
		around: async (at, effect) => {
			if (at === "checkout.files") throw new Error("killed");
			return effect();
		},
	};
	await expect(all.advance({ gate })).rejects.toThrow("killed");
	await writeTree(all.root, { "other.txt": "mine as well\n" });
	const left = { ...merged, left: ["other.txt"] };
	expect(await all.advance()).toEqual(left);
	expect(await manifestOf(all.root)).toEqual(manifestOfTree(first, change, edited, { "other.txt": "mine as well\n" }));
	expect(await leftoversOf(all)).toEqual([]);
	expect(await all.advance()).toEqual(left);
});

it("gives up what it had begun when somebody moved the branch before it did", async () => {
	const all = await makeEdited();
	const gate: Tools["gate"] = {
		around: async (at, effect) => {
			if (at === "checkout.branch") throw new Error("killed");
			return effect();
		},
	};
	await expect(all.advance({ gate })).rejects.toThrow("killed");
	const head = await plainGit(all.root, "commit-tree", `${all.from}^{tree}`, "-p", all.from, "-m", "other");
	await all.git("update-ref", "refs/heads/main", head);
	expect(await all.advance()).toMatchObject({ moved: false, why: "branch_moved", head });
	expect(await manifestOf(all.root)).toEqual(manifestOfTree(first, edits));
	expect(await leftoversOf(all)).toEqual([]);
});

const script = fileURLToPath(new URL("follow-life.mjs", import.meta.url));

interface Death {
	readonly site: string;
	readonly moment: (typeof moments)[number];
	readonly kind: "kill" | "power";
}

async function live({ root, stateDir, from, to }: Confirmed, death: Death | null): Promise<string> {
	const request = { swapId, branch: "main", expected: from, to };
	const child = spawn(process.execPath, [script, JSON.stringify({ root, stateDir, request, ...death })], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	let said = "";
	child.stdout.on("data", (text: Buffer) => {
		said += text;
	});
	const [code, signal] = await once(child, "close");
	expect([code, signal]).toEqual(death === null ? [0, null] : [null, "SIGKILL"]);
	return said;
}

for (const site of sampleOf(["checkout.plan", "checkout.branch", "checkout.files"])) {
	it(`goes on after a life that was killed after ${site}`, async () => {
		const all = await makeEdited();
		await live(all, { site, moment: "after", kind: "kill" });
		await nobodyCommitsHalf(all);
		expect(JSON.parse(await live(all, null))).toEqual(merged);
		await isFollowed(all);
	}, 60_000);
}

const noDisk = await whyNoDisk();
if (noDisk !== null) console.log(noDisk);

it.skipIf(noDisk !== null)(
	"goes on after a power cut at any site, and what it answered is on disk",
	async () => {
		const disk = await openDisk();
		try {
			for (const isEdited of [true, false]) {
				await disk.lay("nothing");
				const all = await makeConfirmed(first, change, join(disk.root, "at"));
				if (isEdited) await edit(all);
				await disk.keep(`edited ${isEdited}`);
				const deaths = [
					...sites.flatMap((site) => moments.map((moment) => ({ site, moment }))),
					{ site: "end", moment: "after" } as const,
				];
				for (const { site, moment } of sampleOf(isEdited ? deaths : deaths.slice(-3))) {
					await disk.lay(`edited ${isEdited}`);
					await live(all, { site, moment, kind: "power" });
					await disk.revive();
					const again = confirmedAt({ at: join(disk.root, "at"), from: all.from, to: all.to });
					await nobodyCommitsHalf(again);
					if (site === "end") await isFollowed(again, isEdited ? edited : {});
					else expect(JSON.parse(await live(again, null))).toMatchObject({ moved: true, left: [] });
					await isFollowed(again, isEdited ? edited : {});
				}
			}
		} finally {
			await disk.close();
		}
	},
	300_000,
);
