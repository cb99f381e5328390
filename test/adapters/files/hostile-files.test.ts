// What a window may do to files out of malice, haste or bad luck, and what must hold all the same: nothing outside is touched, nothing is lost, and a
// rollback ends. Real files, as root where owners count.
import { execFile } from "node:child_process";
import {
	chmod,
	chown,
	link,
	lstat,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	realpath,
	rename,
	rm,
	stat,
	symlink,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSnapshots } from "../../../src/adapters/databases/snapshots.js";
import type { Covered } from "../../../src/adapters/files/places.js";
import { withFiles } from "../../../src/adapters/files/with-files.js";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Gate, Snapshots } from "../../../src/ports/ports.js";

const run = promisify(execFile);
const data: Covered = { path: "data", policy: "restore", exclude: [] };
const uploads: Covered = { ...data, path: "data/uploads" };

let root: string;
let outside: string;
const at = (...path: string[]) => join(root, "data", ...path);
const text = (path: string) => readFile(path, "utf8");

function snapshots(covered: readonly Covered[] = [uploads], databases: readonly string[] = [], gate?: Gate): Snapshots {
	const files = createFiles();
	const log = { info: () => {}, warn: () => {}, error: () => {} };
	const shared = {
		root,
		stateDir: join(root, ".deadman"),
		files,
		gate: gate ?? { around: (_, effect) => effect() },
		log,
	};
	const settings = databases.map((path) => ({ path, policy: "restore" as const }));
	const commands = createCommands({ scrub: (line) => line });
	const inner = createSnapshots({ ...shared, databases: settings, commands, fenceMs: 100, patienceMs: 100 });
	return withFiles(inner, { ...shared, covered, elsewhere: databases });
}

/** One window between a snapshot and its restore. */
async function over(window: () => Promise<unknown>, port = snapshots()): Promise<void> {
	const records = await port.take("sw_a");
	await port.begin("sw_a", 1);
	await window();
	await port.restore("sw_a", records);
}

const filesOf = async (counted: ReturnType<Snapshots["count"]>) =>
	(await counted).filter(({ kind }) => kind === "files");

beforeEach(async () => {
	root = await realpath(await mkdtemp(join(tmpdir(), "deadman-hostile-files-")));
	outside = await mkdtemp(join(tmpdir(), "deadman-outside-"));
	await mkdir(join(root, ".deadman"));
	await mkdir(at("uploads"), { recursive: true });
	await writeFile(at("uploads", "a"), "one");
	await writeFile(join(outside, "precious"), "somebody's");
});
afterEach(async () => {
	for (const folder of [root, outside]) await rm(folder, { recursive: true, force: true });
});

describe("nothing outside is touched", () => {
	it("by a link at the place of a folder that was not there", async () => {
		await rm(at("uploads"), { recursive: true });
		await over(() => symlink(outside, at("uploads")));
		expect(await readdir(outside)).toEqual(["precious"]);
		expect(await readdir(at())).toEqual([]);
	});

	it("by a replay through a link", async () => {
		await symlink(outside, at("uploads", "d"));
		await over(async () => {
			await rm(at("uploads", "d"));
			await mkdir(at("uploads", "d"));
			await writeFile(at("uploads", "d", "new"), "new");
		});
		await snapshots().replay("sw_a", "all");
		expect(await readdir(outside)).toEqual(["precious"]);
	});

	it("by another name of somebody's file", async () => {
		await writeFile(join(outside, "private"), "one", { mode: 0o600 });
		await chmod(at("uploads", "a"), 0o666);
		await chown(at("uploads", "a"), 65534, 65534);
		await over(async () => {
			await rm(at("uploads", "a"));
			await link(join(outside, "private"), at("uploads", "a"));
		});
		expect((await stat(join(outside, "private"))).mode & 0o777).toBe(0o600);
		expect((await stat(join(outside, "private"))).uid).toBe(process.getuid?.());
		expect((await stat(at("uploads", "a"))).uid).toBe(65534);
	});
});

describe("a rollback ends", () => {
	it("where a file stands where no folder was, or the folder's place is a file's", async () => {
		await rm(at("uploads"), { recursive: true });
		await over(() => writeFile(at("uploads"), "a file"));
		expect(await readdir(at())).toEqual([]);
		await writeFile(at("uploads"), "a file");
		expect(await snapshots().rehearse()).toMatchObject({ code: "files_bad" });
	});

	it("where a name is no UTF-8, in the window or in a folder that stays", async () => {
		const latin = (folder: string) => Buffer.concat([Buffer.from(join(folder, "caf")), Buffer.from([0xe9])]);
		await over(async () => {
			await writeFile(latin(at("uploads")), "latin");
			await writeFile(at("uploads", "a"), "two");
		});
		expect(await text(at("uploads", "a"))).toBe("one");
		const kept = snapshots([{ ...uploads, policy: "keep" }]);
		expect(await kept.rehearse()).toBeNull();
		await kept.restore("sw_b", await kept.take("sw_b"));
	});

	it("where names are as long as they may be, or look like ours", async () => {
		const long = "x".repeat(255);
		for (const name of [long, "a.deadman-half"]) await writeFile(at("uploads", name), name);
		await over(async () => {
			for (const name of [long, "a"]) await writeFile(at("uploads", name), "changed");
		});
		for (const name of [long, "a.deadman-half"]) expect(await text(at("uploads", name))).toBe(name);
		expect(await text(at("uploads", "a"))).toBe("one");
	});

	it("where entries lie in each other and the window removed the outer one, or a parent of what stays", async () => {
		await mkdir(at("uploads", "x", "y"), { recursive: true });
		await writeFile(at("uploads", "x", "y", "b"), "two");
		const nested = [
			{ ...data, path: "data/uploads/x/y" },
			uploads,
			{ ...data, path: "data/out/kept", policy: "keep" as const },
		];
		await mkdir(at("out", "kept"), { recursive: true });
		await over(async () => {
			await rm(at("uploads"), { recursive: true });
			await rm(at("out"), { recursive: true });
		}, snapshots(nested));
		expect([await text(at("uploads", "a")), await text(at("uploads", "x", "y", "b"))]).toEqual(["one", "two"]);
	});

	it("for who is not root, where folders and files are closed to their owner", async () => {
		await run("chown", ["-R", "65534:65534", root]);
		const { mode } = await stat(join(root, ".."));
		await chmod(join(root, ".."), mode | 0o011);
		process.setegid?.(65534);
		process.seteuid?.(65534);
		try {
			await mkdir(at("uploads", "d"));
			await writeFile(at("uploads", "d", "f"), "one");
			await over(async () => {
				await mkdir(at("uploads", "new"));
				await writeFile(at("uploads", "new", "f"), "new");
				await chmod(at("uploads", "new"), 0o555);
				await writeFile(at("uploads", "d", "f"), "two");
				await chmod(at("uploads", "d"), 0o555);
				await writeFile(at("uploads", "a"), "six");
				await chmod(at("uploads", "a"), 0);
				await chmod(at("uploads"), 0);
			});
			expect((await readdir(at("uploads"))).sort()).toEqual(["a", "d"]);
			expect([await text(at("uploads", "d", "f")), await text(at("uploads", "a"))]).toEqual(["one", "one"]);
			expect((await stat(at("uploads", "d"))).mode & 0o777).toBe(0o755);
		} finally {
			process.seteuid?.(0);
			process.setegid?.(0);
		}
	});
});

describe("nothing is lost", () => {
	it("of a database in a folder that the window made, or of what is left to others in one", async () => {
		const covered = [
			{ ...data, exclude: ["**/*.tmp"] },
			{ ...data, path: "data/q/out", policy: "keep" as const },
		];
		const port = snapshots(covered, ["data/q/app.db"]);
		await over(async () => {
			await mkdir(at("q", "out"), { recursive: true });
			const database = new Database(at("q", "app.db"));
			database.exec("create table t (a); insert into t values (1)");
			database.close();
			await writeFile(at("q", "out", "kept"), "kept");
			await writeFile(at("q", "x.tmp"), "left");
			await writeFile(at("q", "gone"), "aside");
		}, port);
		expect((await readdir(at("q"))).sort()).toEqual(["out", "x.tmp"]);
		expect(await text(at("q", "out", "kept"))).toBe("kept");
		expect((await port.count("sw_a")).find(({ table }) => table === "t")).toMatchObject({ inserted: 1 });
	});

	it("of the log of a database behind a link, or of one that nobody named", async () => {
		await mkdir(at("store"));
		const open = (path: string) => new Database(path);
		for (const path of [at("store", "app.db"), at("other.db")]) {
			const database = open(path);
			database.pragma("journal_mode = WAL");
			database.exec("create table t (a); insert into t values ('one')");
			database.close();
		}
		await symlink("store/app.db", at("app.db"));
		const port = snapshots([data], ["data/app.db"]);
		const rows = (path: string) => {
			const database = open(path);
			const found = database.prepare("select a from t").pluck().all();
			database.close();
			return found;
		};
		const killed = (path: string) =>
			run(process.execPath, [
				"-e",
				"const d=new (require(process.argv[2]))(process.argv[1]);d.exec(\"insert into t values ('two')\");process.kill(process.pid,9)",
				path,
				join(process.cwd(), "node_modules", "better-sqlite3"),
			]).catch(() => {});
		await over(async () => {
			await killed(at("app.db"));
			await killed(at("other.db"));
		}, port);
		expect([rows(at("app.db")), rows(at("other.db"))]).toEqual([["one"], ["one"]]);
		expect((await port.count("sw_a")).find(({ table }) => table === "t")).toMatchObject({ inserted: 1 });
		await port.replay("sw_a", "all");
		expect([rows(at("app.db")), rows(at("other.db"))]).toEqual([["one", "two"], ["one"]]);
	});

	it("of what is only named like another entry with a log", async () => {
		await writeFile(at("uploads-wal"), "old");
		const covered = [data, { ...uploads, policy: "keep" as const }];
		await over(() => writeFile(at("uploads-wal"), "new"), snapshots(covered));
		expect(await text(at("uploads-wal"))).toBe("old");
	});

	it("where nothing is configured any more by the time of the rollback", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await writeFile(at("uploads", "a"), "two");
		await snapshots([]).restore("sw_a", records);
		expect(await text(at("uploads", "a"))).toBe("one");
	});

	it("where the configuration is another one by the time of the rollback", async () => {
		await mkdir(at("cache"));
		await writeFile(at("cache", "x"), "cached");
		const records = await snapshots([{ ...data, exclude: ["cache"] }]).take("sw_a");
		await snapshots([data]).restore("sw_a", records);
		expect(await text(at("cache", "x"))).toBe("cached");
	});

	it("of what a copy that was cut off had made, and none of it counts as written", async () => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		await writeFile(at("uploads", "a"), "two");
		const gate: Gate = {
			async around(site, effect) {
				if (site !== "files.put") return effect();
				await writeFile(at("uploads", ".deadman-half-0123456789ab"), "on");
				throw new Error("planted");
			},
		};
		await expect(snapshots([uploads], [], gate).restore("sw_a", records)).rejects.toThrow("planted");
		await snapshots().restore("sw_a", records);
		expect(await readdir(at("uploads"))).toEqual(["a"]);
		expect(await filesOf(snapshots().count("sw_a"))).toMatchObject([{ inserted: 0, updated: 1, deleted: 0 }]);
	});

	it("of a folder's mode, owner and place when it is given back, where there was no folder before, too", async () => {
		await rm(at("uploads"), { recursive: true });
		await over(async () => {
			await mkdir(at("uploads", "d"), { recursive: true });
			await writeFile(at("uploads", "d", "f"), "new");
			await chmod(at("uploads", "d"), 0o751);
			await chown(at("uploads", "d"), 65534, 65534);
		});
		expect(await readdir(at())).toEqual([]);
		const [given] = await filesOf(snapshots().replay("sw_a", "all"));
		expect(given).toMatchObject({ inserted: 2, replayed: 2 });
		const found = await lstat(at("uploads", "d"));
		expect([found.mode & 0o777, found.uid, await text(at("uploads", "d", "f"))]).toEqual([0o751, 65534, "new"]);
	});

	it("and a folder that is gone whole is told by its files", async () => {
		await over(() => rename(at("uploads"), join(root, "elsewhere")));
		const [told] = await filesOf(snapshots().count("sw_a"));
		expect(told).toMatchObject({ deleted: 1, note: "a." });
	});
});
