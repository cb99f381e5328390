// The emergency log's file: what a death, a full disk and a damaged line make of it.
import { execFile } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmergencyLog, reserveEmergencyLog } from "../../../src/adapters/system/emergency-log.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { facts, undone } from "../../contracts/machine/emergency-log.contract.js";

const run = promisify(execFile);
const files = createFiles();
let folder: string;
let file: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "deadman-emergency-"));
	file = join(folder, "emergency");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => createEmergencyLog({ file, files });

describe("after a death", () => {
	it("leaves out an entry that was cut off at any byte, and keeps all before it", async () => {
		await open().append(undone);
		const whole = (await stat(file)).size;
		await open().append(facts);
		const end = (await stat(file)).size;
		const bytes = await readFile(file);
		for (let size = whole; size < end - 1; size += 7) {
			await writeFile(file, bytes.subarray(0, size));
			expect(await open().pending()).toEqual([undone]);
		}
	});

	it("takes a new entry behind one that was cut off", async () => {
		await open().append(undone);
		await open().append(facts);
		await truncate(file, (await stat(file)).size - 10);
		await open().append(facts);
		expect(await open().pending()).toEqual([undone, facts]);
	});

	it("passes by lines that are none of ours", async () => {
		await open().append(undone);
		await appendFile(file, '{"kind":"something"}\nnull\n\u0000\u0000\n');
		await open().append(facts);
		expect(await open().pending()).toEqual([undone, facts]);
	});
});

describe("reserved space", () => {
	it("is private, and is made once", async () => {
		await reserveEmergencyLog({ file, files });
		expect((await stat(file)).mode & 0o777).toBe(0o600);
		await open().append(undone);
		await reserveEmergencyLog({ file, files });
		expect(await open().pending()).toEqual([undone]);
	});

	/** Root is needed to mount: the sentence says so where it cannot be had. */
	it("takes entries on a disk without a byte left", async () => {
		const small = join(folder, "small");
		await mkdir(small);
		await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]).catch((error: Error) => {
			throw new Error(`This test needs root, to mount a small disk: ${error.message}`);
		});
		try {
			file = join(small, "emergency");
			await reserveEmergencyLog({ file, files });
			await run("sh", ["-c", `dd if=/dev/zero of=${join(small, "fill")} bs=4k 2>/dev/null || true`]);
			await expect(writeFile(join(small, "more"), "x".repeat(8_192))).rejects.toMatchObject({ code: "ENOSPC" });
			for (let count = 0; count < 50; count += 1) await open().append(undone);
			expect(await open().pending()).toHaveLength(50);
			await open().taken();
			expect(await open().pending()).toEqual([]);
			await open().append(facts);
			expect(await open().pending()).toEqual([facts]);
		} finally {
			await run("umount", [small]);
		}
	});
});
