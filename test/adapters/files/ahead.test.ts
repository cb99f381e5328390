// Files that are copied while the program still writes them: whatever it does until it is stopped is in the copy, and no more than that is copied then.
import { execFile } from "node:child_process";
import {
	chmod,
	mkdir,
	mkdtemp,
	open,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyAhead, forget } from "../../../src/adapters/files/ahead.js";
import { makeSame } from "../../../src/adapters/files/copy.js";
import type { FilesParts } from "../../../src/adapters/files/places.js";
import { prune } from "../../../src/adapters/files/prune.js";
import { take } from "../../../src/adapters/files/take.js";
import { itemAt } from "../../../src/adapters/files/tree.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { mountOf } from "../../../src/core/mounts.js";

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const run = promisify(execFile);
const python = await run("python3", ["-c", "import mmap"]).then(
	() => true,
	() => false,
);
const mounts = await createFiles().mounts();
const tells = ["ext4", "xfs", "btrfs"].includes(mountOf(mounts, tmpdir())?.kind ?? "");

let root: string;
let parts: FilesParts;
const at = (...path: string[]) => join(root, "uploads", ...path);
const copy = (...path: string[]) => join(root, "state", "files", "sw_a", "copies", "0", ...path);

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "deadman-ahead-"));
	const covered = [{ path: "uploads", policy: "restore" as const, exclude: ["*.tmp"] }];
	const gate: FilesParts["gate"] = { around: (_, effect) => effect() };
	parts = { root, stateDir: join(root, "state"), covered, elsewhere: [], files: createFiles(), gate, log: silent };
	await mkdir(at("albums", "empty"), { recursive: true });
	await mkdir(at("deep", "deeper"), { recursive: true });
	await writeFile(at("deep", "deeper", "file"), "deep");
	await mkdir(join(root, "state"));
	for (const name of ["a", "b", "albums/c", "gone", "x.tmp"]) await writeFile(at(name), `${name} one`);
	await setTimeout(60);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Of the copy: every path with what is in it. */
async function picture(folder: string): Promise<Record<string, string>> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	const pairs = entries.map(async (entry) => {
		const path = join(entry.parentPath, entry.name);
		return [path.slice(folder.length + 1), entry.isFile() ? await readFile(path, "utf8") : "folder"] as const;
	});
	return Object.fromEntries((await Promise.all(pairs)).sort(([one], [other]) => (one < other ? -1 : 1)));
}

it("are what the program left, whatever it did after they were copied", async () => {
	await copyAhead(parts, "sw_a");
	await writeFile(at("a"), "a two");
	await rm(at("gone"));
	await rm(at("albums", "empty"), { recursive: true });
	await writeFile(at("albums", "empty"), "a file by now");
	await rm(at("b"));
	await mkdir(at("b"));
	await writeFile(at("b", "in"), "in it");
	await rename(at("albums", "c"), at("albums", "d"));
	await rm(at("deep"), { recursive: true });
	await mkdir(at("new", "folder"), { recursive: true });
	await writeFile(at("new", "folder", "file"), "new");
	await symlink("a", at("link"));
	await chmod(at("a"), 0o640);
	const manifest = await take(parts, "sw_a");
	expect(await picture(copy())).toEqual({
		a: "a two",
		albums: "folder",
		"albums/d": "albums/c one",
		"albums/empty": "a file by now",
		b: "folder",
		"b/in": "in it",
		new: "folder",
		"new/folder": "folder",
		"new/folder/file": "new",
	});
	expect(manifest.entries).toMatchObject([{ path: "uploads", isKnown: true }]);
	expect(manifest.entries[0]?.bytes).toBe(
		"a two".length + "albums/c one".length + "a file by now".length + "in it".length + "new".length,
	);
	expect(await readdir(join(root, "state", "files", "sw_a"))).not.toContain("ahead");
});

it.runIf(tells)("are not copied again where nothing tells of a change", async () => {
	await copyAhead(parts, "sw_a");
	const before = await stat(copy("b"));
	// Only whoever reads it again would find this.
	await writeFile(copy("b"), "marked");
	await writeFile(at("a"), "a two");
	await take(parts, "sw_a");
	expect(await readFile(copy("b"), "utf8")).toBe("marked");
	expect((await stat(copy("b"))).ino).toBe(before.ino);
	expect(await readFile(copy("a"), "utf8")).toBe("a two");
});

it("are compared by their bytes where they changed right before they were copied, or the times were set back", async () => {
	await writeFile(at("a"), "a new");
	// Whatever the load of the machine: it changed at the very moment.
	const soon = new Date(Date.now() + 60_000);
	await utimes(at("a"), soon, soon);
	await copyAhead(parts, "sw_a");
	await writeFile(copy("a"), "a old");
	await writeFile(at("b"), "b two");
	const { atime, mtime } = await stat(at("albums", "c"));
	await utimes(at("b"), atime, mtime);
	await take(parts, "sw_a");
	expect(await readFile(copy("a"), "utf8")).toBe("a new");
	expect(await readFile(copy("b"), "utf8")).toBe("b two");
});

it("are all compared where the file system does not tell of every write", async () => {
	const blind = { ...parts, files: { ...parts.files, mounts: async () => [{ at: "/", kind: "tmpfs" }] } };
	await copyAhead(blind, "sw_a");
	await writeFile(copy("b"), "marked");
	await take(blind, "sw_a");
	expect(await readFile(copy("b"), "utf8")).toBe("b one");
});

it.runIf(python && tells)("hold what was written through a mapping that was dirty before", async () => {
	const script = `
import mmap, sys
file = open(sys.argv[1], "r+b")
mapped = mmap.mmap(file.fileno(), 5)
mapped[0:5] = b"a map"
print("mapped", flush=True)
sys.stdin.readline()
mapped[0:5] = b"a end"
print("written", flush=True)
sys.stdin.readline()
`;
	const child = execFile("python3", ["-c", script, at("a")]);
	const says = (word: string) =>
		new Promise<void>((resolve) => child.stdout?.on("data", (text) => String(text).includes(word) && resolve()));
	await says("mapped");
	await setTimeout(60);
	await copyAhead(parts, "sw_a");
	expect(await readFile(copy("a"), "utf8")).toBe("a map");
	child.stdin?.write("\n");
	await says("written");
	child.kill("SIGKILL");
	await take(parts, "sw_a");
	expect(await readFile(copy("a"), "utf8")).toBe("a end");
});

describe("half a copy", () => {
	it("that a killed life left is made anew", async () => {
		const dying: FilesParts = {
			...parts,
			files: { ...parts.files, syncTree: () => Promise.reject(new Error("killed")) },
		};
		await expect(copyAhead(dying, "sw_a")).rejects.toThrow("killed");
		await writeFile(at("a"), "a two");
		await mkdir(copy("stray"), { recursive: true });
		await take(parts, "sw_a");
		expect(await picture(copy())).toMatchObject({ a: "a two", b: "b one" });
		expect(await picture(copy())).not.toHaveProperty("stray");
	});

	it("is forgotten, and pruned once its swap is over", async () => {
		await copyAhead(parts, "sw_a");
		await forget(parts, "sw_a");
		expect(await readdir(join(root, "state", "files"))).toEqual([]);
		await copyAhead(parts, "sw_a");
		const request = { retain: 5, discarded: { days: 1, rollbacks: 1 } };
		await prune(parts, { ...request, pinned: ["sw_a"] });
		expect(await readdir(join(root, "state", "files"))).toEqual(["sw_a"]);
		await prune(parts, { ...request, pinned: [] });
		expect(await readdir(join(root, "state", "files"))).toEqual([]);
	});

	it("is none once it is complete", async () => {
		const manifest = await take(parts, "sw_a");
		await writeFile(at("a"), "a two");
		await copyAhead(parts, "sw_a");
		await forget(parts, "sw_a");
		expect(await take(parts, "sw_a")).toEqual(manifest);
		expect(await readFile(copy("a"), "utf8")).toBe("a one");
	});
});

it("of a large file writes the blocks that differ, and follows its length", async () => {
	const [from, to] = [at("large"), join(root, "large")];
	const bytes = Buffer.alloc(3_000_000, "abc");
	await writeFile(from, bytes);
	await writeFile(to, bytes.subarray(0, 2_000_000));
	const { ino } = await stat(to);
	const file = await open(from, "r+");
	await file.write("#", 1_234_567);
	await file.close();
	const item = await itemAt(from);
	if (item === null) throw new Error("There is no file.");
	expect(await makeSame(from, to, item)).toBe(true);
	expect((await readFile(to)).equals(await readFile(from))).toBe(true);
	expect((await stat(to)).ino).toBe(ino);
	expect(await makeSame(from, to, item)).toBe(false);
});
