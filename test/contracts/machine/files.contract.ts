// What every keeper of files must do: replace whole, copy whole, remove what is there and accept what is not.
import { describe, expect, it } from "vitest";
import type { Files } from "../../../src/ports/ports.js";

/** `folder` exists and is empty; `read` and `modeOf` look past the port, `put` writes past it. */
export interface FilesUnderTest {
	readonly files: Files;
	readonly folder: string;
	read(path: string): Promise<string | null>;
	modeOf(path: string): Promise<number>;
	put(path: string, content: string, mode?: number): Promise<void>;
}

export function describeFilesContract(name: string, makeIt: () => Promise<FilesUnderTest>): void {
	describe(`${name}: files contract`, () => {
		it("writes a new file for its owner only, and replaces it whole", async () => {
			const { files, folder, read, modeOf } = await makeIt();
			const path = `${folder}/live.json`;
			await files.writeAtomic(path, "one");
			expect([await read(path), await modeOf(path)]).toEqual(["one", 0o600]);
			await files.writeAtomic(path, "two");
			expect(await read(path)).toBe("two");
		});

		it("keeps the mode of a file that it replaces, and sets a given one", async () => {
			const { files, folder, put, modeOf } = await makeIt();
			const path = `${folder}/tool`;
			await put(path, "old", 0o755);
			await files.writeAtomic(path, "new");
			expect(await modeOf(path)).toBe(0o755);
			await files.writeAtomic(path, "new", 0o640);
			expect(await modeOf(path)).toBe(0o640);
		});

		it("copies content and mode over what was there", async () => {
			const { files, folder, put, read, modeOf } = await makeIt();
			await put(`${folder}/from`, "content", 0o751);
			await put(`${folder}/to`, "a longer content than before", 0o600);
			await files.copy(`${folder}/from`, `${folder}/to`);
			expect([await read(`${folder}/to`), await modeOf(`${folder}/to`)]).toEqual(["content", 0o751]);
		});

		it("rejects a copy of what is not there, and a sync of what is not there", async () => {
			const { files, folder } = await makeIt();
			await expect(files.copy(`${folder}/none`, `${folder}/to`)).rejects.toThrow("ENOENT");
			await expect(files.syncTree(`${folder}/none`)).rejects.toThrow("ENOENT");
		});

		it("syncs a tree and a folder without changing them", async () => {
			const { files, folder, put, read } = await makeIt();
			await put(`${folder}/tree/deep/file`, "content");
			await files.syncTree(`${folder}/tree`);
			await files.syncFolder(`${folder}/tree`);
			expect(await read(`${folder}/tree/deep/file`)).toBe("content");
		});

		it("removes a tree, and accepts that it is gone already", async () => {
			const { files, folder, put } = await makeIt();
			await put(`${folder}/tree/deep/file`, "content");
			expect(await files.exists(`${folder}/tree`)).toBe(true);
			await files.remove(`${folder}/tree`);
			await files.remove(`${folder}/tree`);
			expect(await files.exists(`${folder}/tree`)).toBe(false);
			expect(await files.exists(`${folder}/tree/deep/file`)).toBe(false);
		});

		it("tells the space that is free, for paths to come too", async () => {
			const { files, folder } = await makeIt();
			expect(await files.freeBytes(folder)).toBeGreaterThan(1024);
			expect(await files.freeBytes(`${folder}/not/yet/there`)).toBeGreaterThan(1024);
		});
	});
}
