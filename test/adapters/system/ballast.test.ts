// The ballast takes its space for real and survives being said twice.
import { open, readdir, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createBallast } from "../../../src/adapters/system/ballast.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { temporaryFolder } from "../../support/temporary.js";

const BYTES = 3 * 1024 * 1024 + 17;

async function setUp() {
	const folder = await temporaryFolder();
	const file = `${folder}/ballast`;
	return { folder, file, ballast: createBallast({ file, bytes: BYTES, files: createFiles() }) };
}

describe("ballast", () => {
	it("takes its space for real", async () => {
		const { file, ballast } = await setUp();
		await ballast.reserve();
		const { size, blocks } = await stat(file);
		expect(size).toBe(BYTES);
		expect(blocks * 512).toBeGreaterThanOrEqual(BYTES);
	});

	it("is reserved once, freed once, and both may be said twice", async () => {
		const { folder, file, ballast } = await setUp();
		await ballast.reserve();
		const { ino } = await stat(file);
		await ballast.reserve();
		expect((await stat(file)).ino).toBe(ino);
		await ballast.free();
		await ballast.free();
		expect(await readdir(folder)).toEqual([]);
		await ballast.reserve();
		expect((await stat(file)).size).toBe(BYTES);
	});

	it("replaces a sparse or short file, and what a killed life left", async () => {
		const { folder, file, ballast } = await setUp();
		const sparse = await open(file, "w");
		await sparse.truncate(BYTES);
		await sparse.close();
		await writeFile(`${file}.new`, "half");
		await ballast.reserve();
		expect((await stat(file)).blocks * 512).toBeGreaterThanOrEqual(BYTES);
		expect(await readdir(folder)).toEqual(["ballast"]);
		await writeFile(file, "short");
		await ballast.reserve();
		expect((await stat(file)).size).toBe(BYTES);
	});

	it("rejects and leaves nothing where there is no folder", async () => {
		const { folder } = await setUp();
		const ballast = createBallast({ file: `${folder}/absent/ballast`, bytes: BYTES, files: createFiles() });
		await expect(ballast.reserve()).rejects.toThrow("ENOENT");
		await ballast.free();
		expect(await readdir(folder)).toEqual([]);
	});
});
