// What a candidate may have put at the places of data: links, folders, pipes. The snapshot goes where the database was, nothing that a
// link leads to is touched, and no rollback is stranded by it.
import { execFileSync } from "node:child_process";
import {
	chmod,
	copyFile,
	lstat,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	stat,
	symlink,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CutOff, cuttingGate } from "../../contracts/data/snapshots.contract.js";
import { integrityOf, makePlace, notesIn, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const data = (...names: string[]) => join(place.root, "data", ...names);
const kept = (name: string) => place.discarded("sw_a", name);
const count = () => place.snapshots().count("sw_a");

/** Ten rows of the old version; then the candidate does its worst. */
async function afterCandidate(worst: () => Promise<unknown>) {
	await place.program("wal", 10, "close");
	const records = await place.snapshots().take("sw_a");
	await worst();
	return records;
}

async function restoredAfter(worst: () => Promise<unknown>): Promise<void> {
	const records = await afterCandidate(worst);
	await place.snapshots().restore("sw_a", records);
	expect((await lstat(place.file)).isFile()).toBe(true);
	expect(notesIn(place, place.file)).toBe(10);
	expect(integrityOf(place, place.file)).toBe("ok");
	await place.snapshots().restore("sw_a", records);
}

/** A file that is none of ours, in a folder of its own. */
async function victim(name: string, content: string): Promise<string> {
	const path = join(place.root, "elsewhere", name);
	await mkdir(join(place.root, "elsewhere"), { recursive: true });
	await writeFile(path, content, { mode: 0o600 });
	return path;
}

async function replaceByLink(target: string): Promise<void> {
	await rm(place.file);
	await symlink(target, place.file);
}

describe("in the place of a database", () => {
	it.each(["precious.conf", "app.db"])(
		"a link to somebody's %s is replaced, and what it leads to is untouched",
		async (name) => {
			const path = await victim(name, "precious");
			await restoredAfter(() => replaceByLink(path));
			expect(await readFile(path, "utf8")).toBe("precious");
			expect((await stat(path)).mode & 0o777).toBe(0o600);
			expect(await readdir(join(place.root, "elsewhere"))).toEqual([name]);
			expect(await readlink(kept("app.db.replaced"))).toBe(path);
			expect(await count()).toMatchObject([{ table: "*", note: expect.stringContaining(path) }]);
		},
	);

	it("that was not there, a link is moved away, and what it leads to stays", async () => {
		const path = await victim("other", "keep");
		const records = await place.snapshots().take("sw_a");
		await symlink(path, place.file);
		await place.snapshots().restore("sw_a", records);
		await expect(lstat(place.file)).rejects.toThrow("ENOENT");
		expect(await readFile(path, "utf8")).toBe("keep");
	});

	it("a link to the new version's own file beside it is replaced; its rows are counted, and the file stays", async () => {
		await restoredAfter(async () => {
			await copyFile(place.file, data("app-v2.db"));
			place.on(data("app-v2.db"), (database) => database.exec("insert into notes (text) values ('v2')"));
			await replaceByLink("app-v2.db");
		});
		expect(await count()).toMatchObject([{ table: "notes", inserted: 1 }]);
		expect(notesIn(place, data("app-v2.db"))).toBe(11);
		expect((await stat(kept("app.db"))).ino).not.toBe((await stat(data("app-v2.db"))).ino);
	});

	it.each(["nothing.db", "app.db"])("a link to %s, which leads nowhere, is replaced", async (target) => {
		await restoredAfter(() => replaceByLink(target));
	});

	it("a folder is moved away with what is in it", async () => {
		await restoredAfter(async () => {
			await rm(place.file);
			await mkdir(place.file);
			await writeFile(join(place.file, "inside"), "kept");
		});
		expect(await readFile(join(kept("app.db.replaced"), "inside"), "utf8")).toBe("kept");
		expect(await count()).toMatchObject([{ table: "*", note: expect.stringContaining("something else in its place") }]);
	});

	it("a pipe holds nobody up", async () => {
		await restoredAfter(async () => {
			await rm(place.file);
			execFileSync("mkfifo", [place.file]);
		});
	});

	it("links and folders under its sidecars' names are moved away", async () => {
		const path = await victim("log", "precious");
		await restoredAfter(async () => {
			await symlink(path, `${place.file}-wal`);
			await mkdir(`${place.file}-journal`);
		});
		expect(await readFile(path, "utf8")).toBe("precious");
		expect([...(await place.bytes()).keys()]).toEqual(["app.db"]);
	});

	it("a link under the name of the staged copy is never written through", async () => {
		const path = await victim("passwd", "root");
		await restoredAfter(() => symlink(path, `${place.file}.deadman-sw_a.new`));
		expect(await readFile(path, "utf8")).toBe("root");
		expect((await stat(path)).mode & 0o777).toBe(0o600);
	});

	it("nothing is in the way of a second restore either", async () => {
		const path = await victim("precious.conf", "precious");
		const records = await afterCandidate(() => replaceByLink(path));
		await place.snapshots().restore("sw_a", records);
		await place.snapshots().begin("sw_a", 1);
		await replaceByLink(path);
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		expect(await readFile(path, "utf8")).toBe("precious");
	});
});

describe("on the way to a database", () => {
	it("a folder that became a link is a folder again, with its mode, and what the link leads to stays", async () => {
		await chmod(data(), 0o750);
		await restoredAfter(async () => {
			await rename(data(), join(place.root, "data2"));
			await symlink("data2", data());
			place.on(join(place.root, "data2", "app.db"), (database) => database.exec("delete from notes"));
		});
		expect((await lstat(data())).isDirectory()).toBe(true);
		expect((await stat(data())).mode & 0o777).toBe(0o750);
		expect(notesIn(place, join(place.root, "data2", "app.db"))).toBe(0);
		expect(await readlink(join(place.root, "data.deadman-sw_a-0.replaced"))).toBe("data2");
		expect(place.warnings).toContain("snapshots.left_beside");
	});

	it("a folder that is gone comes back with its mode", async () => {
		await chmod(data(), 0o710);
		await restoredAfter(() => rm(data(), { recursive: true }));
		expect((await stat(data())).mode & 0o777).toBe(0o710);
	});

	it("a file in the place of a folder makes way", async () => {
		await restoredAfter(async () => {
			await rm(data(), { recursive: true });
			await writeFile(data(), "no folder");
		});
		expect(await readFile(join(place.root, "data.deadman-sw_a-0.replaced"), "utf8")).toBe("no folder");
	});

	it("the old version's link comes back, and its own file with it", async () => {
		await place.program("wal", 10, "close");
		await rename(place.file, data("app-v1.db"));
		await symlink("app-v1.db", place.file);
		const records = await place.snapshots().take("sw_a");
		await copyFile(data("app-v1.db"), data("app-v2.db"));
		place.on(data("app-v1.db"), (database) => database.exec("delete from notes where id < 3"));
		place.on(data("app-v2.db"), (database) => database.exec("insert into notes (text) values ('v2')"));
		await replaceByLink("app-v2.db");
		await place.snapshots().restore("sw_a", records);
		expect(await readlink(place.file)).toBe("app-v1.db");
		expect(notesIn(place, place.file)).toBe(10);
		expect(notesIn(place, kept("in-place.app-v1.db"))).toBe(8);
		expect(await count()).toMatchObject([{ inserted: 1, deleted: 0 }]);
		expect((await readdir(data())).sort()).toEqual(["app-v1.db", "app-v2.db", "app.db"]);
	});

	it("the old version's link comes back where the new one put a file in its place", async () => {
		await place.program("wal", 10, "close");
		await rename(place.file, data("app-v1.db"));
		await symlink("app-v1.db", place.file);
		const records = await place.snapshots().take("sw_a");
		await rm(place.file);
		await place.program("wal", 4, "die");
		await place.snapshots().restore("sw_a", records);
		expect(await readlink(place.file)).toBe("app-v1.db");
		expect(notesIn(place, place.file)).toBe(10);
		expect((await readdir(data())).sort()).toEqual(["app-v1.db", "app.db"]);
		expect(notesIn(place, kept("app-v1.db"))).toBe(4);
	});

	it("a link of the operator to another folder is followed as it was", async () => {
		await mkdir(join(place.root, "disk"));
		await rename(data(), join(place.root, "disk", "data"));
		await symlink(join(place.root, "disk", "data"), data());
		await restoredAfter(async () => {
			await rm(data());
			await symlink(join(place.root, "elsewhere"), data());
			await mkdir(join(place.root, "elsewhere"));
		});
		expect(await readlink(data())).toBe(join(place.root, "disk", "data"));
		expect(await readdir(join(place.root, "elsewhere"))).toEqual([]);
	});
});

describe("a restore of planted places that is cut off", () => {
	const sites = ["open", "stage", "aside", "clear", "swapIn", "marker"] as const;
	it.each(sites)("after %s ends whole", async (site) => {
		const gate = cuttingGate();
		const records = await afterCandidate(async () => {
			await rename(data(), join(place.root, "data2"));
			await symlink("elsewhere", data());
			for (const name of ["app.db", "app.db-wal"]) await victim(name, "precious");
		});
		gate.cutAt(`snapshots.${site}`, "after");
		await expect(place.snapshots({ gate }).restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
		await place.snapshots().restore("sw_a", records);
		expect((await lstat(data())).isDirectory()).toBe(true);
		expect(notesIn(place, place.file)).toBe(10);
		expect(notesIn(place, join(place.root, "data2", "app.db"))).toBe(10);
		expect((await readdir(data())).sort()).toEqual(["app.db"]);
		for (const name of ["app.db", "app.db-wal"]) {
			expect(await readFile(join(place.root, "elsewhere", name), "utf8")).toBe("precious");
		}
	});

	it("fails where a mount is missing instead of filling the disk below it", async () => {
		const mount = await mkdtemp(join(tmpdir(), "deadman-mount-"));
		await rm(data(), { recursive: true });
		await symlink(join(mount, "data"), data());
		await mkdir(join(mount, "data"));
		const records = await afterCandidate(() => rm(mount, { recursive: true }));
		await expect(place.snapshots().restore("sw_a", records)).rejects.toMatchObject({ code: "ground_changed" });
		await mkdir(join(mount, "data"), { recursive: true });
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		await rm(mount, { recursive: true });
	});
});

describe("a database in an agent's private folder", () => {
	it("is restored where the old version has it, and what the new one wrote into its copy is kept", async () => {
		const versions = (...names: string[]) => join(place.stateDir, "versions", ...names);
		await mkdir(versions("1"), { recursive: true });
		await symlink("versions/1", join(place.stateDir, "current"));
		await rm(data(), { recursive: true });
		await symlink(join(place.stateDir, "current"), data());
		await place.program("wal", 10, "close");
		const records = await place.snapshots().take("sw_a");
		await mkdir(versions("2"));
		await copyFile(versions("1", "app.db"), versions("2", "app.db"));
		await rm(join(place.stateDir, "current"));
		await symlink("versions/2", join(place.stateDir, "current"));
		await place.program("wal", 5, "die");
		await place.snapshots().restore("sw_a", records);
		expect(await readlink(join(place.stateDir, "current"))).toBe("versions/2");
		expect(notesIn(place, versions("1", "app.db"))).toBe(10);
		expect(notesIn(place, kept("app.db"))).toBe(15);
		expect(await count()).toMatchObject([{ inserted: 5 }]);
	});
});
