// Real files in a real folder, beside a real database: what a window writes is set aside, told and put back, and what it did not touch is not touched.
import {
	chmod,
	lstat,
	lutimes,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSnapshots } from "../../../src/adapters/databases/snapshots.js";
import type { Covered } from "../../../src/adapters/files/places.js";
import { withFiles } from "../../../src/adapters/files/with-files.js";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Gate, Snapshots } from "../../../src/ports/ports.js";

const open: Gate = { around: (_, effect) => effect() };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const uploads: Covered = { path: "data/uploads", policy: "restore", exclude: [] };

let root: string;
let stateDir: string;
const at = (...path: string[]) => join(root, "data", "uploads", ...path);
const read = (...path: string[]) => readFile(at(...path), "utf8");

function snapshots(covered: readonly Covered[] = [uploads], gate: Gate = open): Snapshots {
	const shared = { root, stateDir, files: createFiles(), gate, log: silent };
	const databases = [{ path: "data/app.db", policy: "restore" as const }];
	const commands = createCommands({ scrub: (text) => text });
	const inner = createSnapshots({ ...shared, databases, commands, fenceMs: 100, patienceMs: 100 });
	return withFiles(inner, { ...shared, covered, elsewhere: ["data/app.db"] });
}

/** Of everything below the uploads: kind, mode, content and the time of the last write. */
async function picture(folder = at()): Promise<Record<string, string>> {
	const seen: Record<string, string> = {};
	for (const name of ["", ...(await readdir(folder, { recursive: true }))]) {
		const path = join(folder, name);
		const found = await lstat(path);
		const content = found.isSymbolicLink() ? await readlink(path) : found.isFile() ? await readFile(path, "utf8") : "";
		seen[name] = `${found.mode.toString(8)} ${Math.round(found.mtimeMs)} ${content}`;
	}
	return seen;
}

const rows = () => {
	const database = new Database(join(root, "data", "app.db"));
	try {
		return database.prepare("select text from notes order by text").pluck().all();
	} finally {
		database.close();
	}
};
const insert = (text: string) => {
	const database = new Database(join(root, "data", "app.db"));
	database.exec("create table if not exists notes (text)");
	database.prepare("insert into notes values (?)").run(text);
	database.close();
};

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "deadman-files-"));
	stateDir = join(root, ".deadman");
	await mkdir(stateDir);
	await mkdir(at("albums", "empty"), { recursive: true });
	insert("one");
	await writeFile(at("a.txt"), "one");
	await writeFile(at("run.sh"), "#!/bin/sh\n", { mode: 0o750 });
	await writeFile(at("albums", "b.txt"), "two");
	await writeFile(at("albums", "c.txt"), "three");
	await symlink("../a.txt", at("albums", "link"));
	for (const name of ["a.txt", "run.sh", "albums/b.txt", "albums/c.txt"])
		await utimes(at(name), 1_700_000_000, 1_700_000_001.5);
	await lutimes(at("albums", "link"), 1_700_000_000, 1_700_000_000);
	for (const name of ["albums/empty", "albums", ""]) await utimes(at(name), 1_600_000_000, 1_600_000_000.25);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As a version that tidies up in its own way. */
async function window(): Promise<void> {
	insert("two");
	await writeFile(at("a.txt"), "changed");
	await writeFile(at("new.txt"), "new");
	await mkdir(at("fresh", "deep"), { recursive: true });
	await writeFile(at("fresh", "deep", "d.txt"), "deep");
	await rm(at("albums", "b.txt"));
	await rm(at("albums", "empty"), { recursive: true });
	await writeFile(at("albums", "empty"), "a file by now");
	await rm(at("albums", "link"));
	await symlink("elsewhere", at("albums", "link"));
	await chmod(at("run.sh"), 0o600);
}

describe("files beside databases", () => {
	it("come back as they were: contents, modes, times, links, empty folders, and the rows with them", async () => {
		const before = await picture();
		const records = await snapshots().take("sw_a");
		expect(records.map(({ database, policy, kind }) => ({ database, policy, kind }))).toEqual([
			{ database: "data/app.db", policy: "restore", kind: undefined },
			{ database: "data/uploads", policy: "restore", kind: "files" },
		]);
		await snapshots().begin("sw_a", 1);
		await window();
		await snapshots().restore("sw_a", records);
		expect(await picture()).toEqual(before);
		expect(rows()).toEqual(["one"]);
	});

	it("are counted by name, and what was replaced is set aside", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await window();
		await snapshots().restore("sw_a", records);
		const [files] = (await snapshots().count("sw_a")).filter(({ kind }) => kind === "files");
		expect(files).toMatchObject({ database: "data/uploads", inserted: 4, updated: 3, deleted: 1, replayed: null });
		expect(files?.note).toBe("fresh, fresh/deep, fresh/deep/d.txt, new.txt, a.txt, and 3 more.");
		const aside = join(stateDir, "files", "sw_a", "aside", "1", "0");
		expect(await readFile(join(aside, "a.txt"), "utf8")).toBe("changed");
		expect(await readFile(join(aside, "fresh", "deep", "d.txt"), "utf8")).toBe("deep");
		expect(await readFile(join(aside, "albums", "empty"), "utf8")).toBe("a file by now");
	});

	it("that nobody touched are not touched", async () => {
		const inode = async (...path: string[]) => (await lstat(at(...path))).ino;
		const [same, other] = [await inode("albums", "c.txt"), await inode("a.txt")];
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await window();
		await snapshots().restore("sw_a", records);
		expect(await inode("albums", "c.txt")).toBe(same);
		expect(await inode("a.txt")).not.toBe(other);
	});

	it("are noticed by their bytes where size and time were set back", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await writeFile(at("a.txt"), "eno");
		await utimes(at("a.txt"), 1_700_000_000, 1_700_000_001.5);
		await snapshots().restore("sw_a", records);
		expect(await read("a.txt")).toBe("one");
	});

	it("come back where the whole folder is gone, or something else stands in its place", async () => {
		const before = await picture();
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await rename(at(), join(root, "data", "moved"));
		await snapshots().restore("sw_a", records);
		expect(await picture()).toEqual(before);

		await snapshots().begin("sw_a", 2);
		await rm(at(), { recursive: true });
		await writeFile(at(), "a file");
		await snapshots().restore("sw_a", records);
		expect(await picture()).toEqual(before);
	});

	it("are put back through no link that was planted", async () => {
		const outside = await mkdtemp(join(tmpdir(), "deadman-outside-"));
		try {
			await writeFile(join(outside, "a.txt"), "somebody's");
			const records = await snapshots().take("sw_a");
			await snapshots().begin("sw_a", 1);
			await rm(at(), { recursive: true });
			await symlink(outside, at());
			await snapshots().restore("sw_a", records);
			expect(await read("a.txt")).toBe("one");
			await snapshots().begin("sw_a", 2);
			await rm(at("albums"), { recursive: true });
			await symlink(outside, at("albums"));
			await snapshots().restore("sw_a", records);
			expect(await read("albums", "b.txt")).toBe("two");
			expect(await readdir(outside)).toEqual(["a.txt"]);
			expect(await readFile(join(outside, "a.txt"), "utf8")).toBe("somebody's");

			await snapshots().begin("sw_a", 3);
			await rename(join(root, "data"), join(root, "data.real"));
			await mkdir(join(outside, "uploads"));
			await symlink(outside, join(root, "data"));
			await snapshots().restore("sw_a", records);
			expect(await read("a.txt")).toBe("one");
			expect(await readdir(join(outside, "uploads"))).toEqual([]);
		} finally {
			await rm(outside, { recursive: true });
		}
	});

	it("leave databases, what is excluded and another entry's alone", async () => {
		const covered: Covered[] = [
			{ path: "data", policy: "restore", exclude: ["cache", "**/*.tmp"] },
			{ path: "data/uploads", policy: "keep", exclude: [] },
		];
		await mkdir(join(root, "data", "cache"));
		await writeFile(join(root, "data", "settings"), "old");
		const records = await snapshots(covered).take("sw_a");
		await snapshots(covered).begin("sw_a", 1);
		await window();
		await writeFile(join(root, "data", "settings"), "new");
		await writeFile(join(root, "data", "cache", "x"), "kept");
		await writeFile(join(root, "data", "x.tmp"), "kept");
		await snapshots(covered).restore("sw_a", records);
		const there = async (path: string) => readFile(join(root, "data", path), "utf8");
		expect([await there("settings"), await there("cache/x"), await there("x.tmp")]).toEqual(["old", "kept", "kept"]);
		expect(await read("a.txt")).toBe("changed");
		expect(rows()).toEqual(["one"]);
		const counts = (await snapshots(covered).count("sw_a")).filter(({ kind }) => kind === "files");
		expect(counts.map(({ database, note }) => [database, note])).toEqual([
			["data", "settings."],
			["data/uploads", expect.stringContaining("They stay: `files` says keep.")],
		]);
	});

	it("that no entry covers are told, and stay", async () => {
		const covered: Covered[] = [{ path: "data", policy: "watch", exclude: [] }];
		const records = await snapshots(covered).take("sw_a");
		await snapshots(covered).begin("sw_a", 1);
		await writeFile(at("new.txt"), "new");
		await snapshots(covered).restore("sw_a", records);
		expect(await read("new.txt")).toBe("new");
		const [told] = (await snapshots(covered).count("sw_a")).filter(({ kind }) => kind === "files");
		expect(told).toMatchObject({ database: "data", inserted: 1, updated: 0, deleted: 0 });
		expect(told?.note).toBe("uploads/new.txt. They stay as they are: no entry of `files` covers them.");
	});

	it("may have dead sockets among them", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await rm(at("a.txt"));
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(at("other.sock"), resolve));
		await rename(at("other.sock"), at("a.txt"));
		await snapshots().restore("sw_a", records);
		await new Promise((resolve) => server.close(resolve));
		expect(await read("a.txt")).toBe("one");
	});
});

describe("a second entry", () => {
	const sites = ["files.plan", "files.aside", "files.put", "files.restored"] as const;
	const fault = (site: string, moment: "before" | "after"): Gate => ({
		async around(here, effect) {
			if (here === site && moment === "before") throw new Error("planted");
			const result = await effect();
			if (here === site) throw new Error("planted");
			return result;
		},
	});

	it.each(sites.flatMap((site) => [[site, "before"] as const, [site, "after"] as const]))(
		"of a restore that ended at %s, %s it, ends as one that did not",
		async (site, moment) => {
			const before = await picture();
			const records = await snapshots().take("sw_a");
			await snapshots().begin("sw_a", 1);
			await window();
			await expect(snapshots([uploads], fault(site, moment)).restore("sw_a", records)).rejects.toThrow("planted");
			await snapshots().restore("sw_a", records);
			expect(await picture()).toEqual(before);
			expect(rows()).toEqual(["one"]);
			const [files] = (await snapshots().count("sw_a")).filter(({ kind }) => kind === "files");
			expect(files).toMatchObject({ inserted: 4, updated: 3, deleted: 1 });
		},
	);

	it.each(["files.copy", "files.manifest"])("of a take that ended at %s takes anew", async (site) => {
		await expect(snapshots([uploads], fault(site, "before")).take("sw_a")).rejects.toThrow("planted");
		await writeFile(at("later.txt"), "later");
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await rm(at("later.txt"));
		await snapshots().restore("sw_a", records);
		expect(await read("later.txt")).toBe("later");
	});

	it("of a take that was complete takes nothing anew", async () => {
		const records = await snapshots().take("sw_a");
		await writeFile(at("a.txt"), "by the candidate");
		expect(await snapshots().take("sw_a")).toEqual(records);
		await snapshots().restore("sw_a", records);
		expect(await read("a.txt")).toBe("one");
	});

	it("of a finished restore leaves what the restored version wrote", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await window();
		await snapshots().restore("sw_a", records);
		await writeFile(at("a.txt"), "written since");
		await snapshots().restore("sw_a", records);
		expect(await read("a.txt")).toBe("written since");
	});
});

describe("what was set aside", () => {
	it("comes back where nothing is by then, once, and nothing is written over", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await window();
		await snapshots().restore("sw_a", records);
		await writeFile(at("new.txt"), "another one");
		for (const _ of [1, 2]) {
			const [files] = (await snapshots().replay("sw_a", "all")).filter(({ kind }) => kind === "files");
			expect(files).toMatchObject({ replayed: 3, note: expect.stringContaining("new.txt") });
			expect(await read("fresh", "deep", "d.txt")).toBe("deep");
			expect([await read("new.txt"), await read("a.txt")]).toEqual(["another one", "one"]);
		}
	});

	it("goes with its swap, by hand and by age", async () => {
		const folders = () => readdir(join(stateDir, "files"));
		for (const swap of ["sw_a", "sw_b", "sw_c"]) await snapshots().take(swap);
		await snapshots().drop("sw_b");
		expect((await folders()).sort()).toEqual(["sw_a", "sw_c"]);
		await snapshots().prune({ pinned: ["sw_a"], retain: 1, discarded: { days: 0, rollbacks: 1 } });
		expect((await folders()).sort()).toEqual(["sw_a", "sw_c"]);
		await snapshots().prune({ pinned: [], retain: 1, discarded: { days: 0, rollbacks: 1 } });
		expect(await folders()).toEqual(["sw_c"]);
	});
});

describe("before live is touched", () => {
	it("says so where the copies would not fit, and where a name cannot be kept", async () => {
		expect(await snapshots().rehearse()).toBeNull();
		await writeFile(Buffer.concat([Buffer.from(at("caf")), Buffer.from([0xe9])]), "latin");
		expect(await snapshots().rehearse()).toMatchObject({ code: "files_bad" });
		expect(await snapshots([{ ...uploads, exclude: ["caf*"] }]).rehearse()).toBeNull();
	});
});
