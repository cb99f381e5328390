// Files on a real disk: whole or not at all, leftovers cleared, links and locked folders taken for what they are.
import { chmod, lstat, mkdir, open, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../../src/adapters/system/files.js";
import { syncByWalking } from "../../../src/adapters/system/sync-walk.js";
import { temporaryFolder } from "../../support/temporary.js";

const files = createFiles();

describe("writing", () => {
	it("never shows a mix: readers see the old content or the new", async () => {
		const folder = await temporaryFolder();
		const path = `${folder}/live.json`;
		const contents = ["a", "b"].map((letter) => letter.repeat(200_000));
		await files.writeAtomic(path, contents[0] ?? "");
		let writing = true;
		const reads = (async () => {
			const seen = new Set<string>();
			while (writing) seen.add(await readFile(path, "utf8"));
			return seen;
		})();
		for (let round = 0; round < 20; round += 1) await files.writeAtomic(path, contents[round % 2] ?? "");
		writing = false;
		for (const text of await reads) expect(contents).toContain(text);
		expect(await readdir(folder)).toEqual(["live.json"]);
	});

	it("takes writers at the same time: one of them wins whole", async () => {
		const folder = await temporaryFolder();
		const contents = Array.from({ length: 10 }, (_, index) => String(index).repeat(10_000));
		await Promise.all(contents.map((content) => files.writeAtomic(`${folder}/live.json`, content)));
		expect(contents).toContain(await readFile(`${folder}/live.json`, "utf8"));
		expect(await readdir(folder)).toEqual(["live.json"]);
	});

	it("clears what a killed writer left, and nobody else's files", async () => {
		const folder = await temporaryFolder();
		const dead = 2 ** 22 + 1;
		await writeFile(`${folder}/.live.json.${dead}-1.deadman-tmp`, "half");
		await writeFile(`${folder}/.live.json.${process.pid}-999999.deadman-tmp`, "a living writer's");
		await writeFile(`${folder}/.other.json.${dead}-1.deadman-tmp`, "another file's");
		await files.writeAtomic(`${folder}/live.json`, "whole");
		expect((await readdir(folder)).sort()).toEqual([
			`.live.json.${process.pid}-999999.deadman-tmp`,
			`.other.json.${dead}-1.deadman-tmp`,
			"live.json",
		]);
	});

	it("leaves nothing behind when it fails", async () => {
		const folder = await temporaryFolder();
		await mkdir(`${folder}/in-the-way`);
		await writeFile(`${folder}/in-the-way/file`, "");
		await expect(files.writeAtomic(`${folder}/in-the-way`, "x")).rejects.toThrow();
		expect(await readdir(folder)).toEqual(["in-the-way"]);
		await expect(files.writeAtomic(`${folder}/absent/file`, "x")).rejects.toThrow("ENOENT");
	});
});

describe("copying", () => {
	it("keeps every byte of a large file with holes", async () => {
		const folder = await temporaryFolder();
		const handle = await open(`${folder}/from`, "w");
		await handle.write("begin", 0);
		await handle.write("end", 8_000_000);
		await handle.close();
		await files.copy(`${folder}/from`, `${folder}/to`);
		const [from, to] = await Promise.all([readFile(`${folder}/from`), readFile(`${folder}/to`)]);
		expect(from.equals(to)).toBe(true);
	});
});

describe("syncing", () => {
	it("walks a tree with links and odd names", async () => {
		const folder = await temporaryFolder();
		await mkdir(`${folder}/a/b`, { recursive: true });
		for (let index = 0; index < 40; index += 1) await writeFile(`${folder}/a/b/file ${index}\n`, "x");
		await symlink("/nonexistent", `${folder}/a/dangling`);
		await symlink("..", `${folder}/a/circle`);
		await expect(syncByWalking(folder)).resolves.toBeUndefined();
		await expect(files.syncTree(folder)).resolves.toBeUndefined();
		await expect(syncByWalking(`${folder}/absent`)).rejects.toThrow("ENOENT");
	});

	it("takes a path that looks like an option", async () => {
		const folder = await temporaryFolder();
		await mkdir(`${folder}/--version`);
		await expect(files.syncTree(`${folder}/--version`)).resolves.toBeUndefined();
	});
});

describe("removing", () => {
	it("takes folders that nobody may write", async () => {
		const folder = await temporaryFolder();
		await mkdir(`${folder}/locked/deeper`, { recursive: true });
		await writeFile(`${folder}/locked/deeper/file`, "x");
		await chmod(`${folder}/locked/deeper`, 0o555);
		await chmod(`${folder}/locked`, 0o555);
		await files.remove(`${folder}/locked`);
		expect(await readdir(folder)).toEqual([]);
	});

	it("takes a link, never what it points to", async () => {
		const folder = await temporaryFolder();
		await mkdir(`${folder}/kept`);
		await writeFile(`${folder}/kept/file`, "x");
		await symlink(`${folder}/kept`, `${folder}/link`);
		await files.remove(`${folder}/link`);
		expect(await readdir(folder)).toEqual(["kept"]);
		expect(await readdir(`${folder}/kept`)).toEqual(["file"]);
	});
});

describe("looking", () => {
	it("sees a dangling link, and nothing below a file", async () => {
		const folder = await temporaryFolder();
		await symlink("/nonexistent", `${folder}/dangling`);
		await writeFile(`${folder}/file`, "x");
		expect((await lstat(`${folder}/dangling`)).isSymbolicLink()).toBe(true);
		expect(await files.exists(`${folder}/dangling`)).toBe(true);
		expect(await files.exists(`${folder}/file/below`)).toBe(false);
		expect((await stat(folder)).isDirectory()).toBe(true);
	});
});
