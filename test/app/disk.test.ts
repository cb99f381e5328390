// What doctor says of the disk: all parts by size, and whether the next swap fits.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { examineDisk } from "../../src/app/disk.js";
import { temporaryFolder } from "../support/temporary.js";

const MIB = 1024 * 1024;

it("names what takes how much, and leaves out what is nothing beside it", async () => {
	const root = await temporaryFolder("deadman-disk");
	const sizes = async () => [
		{ name: "releases", bytes: 300 * MIB, count: 3 },
		{ name: "journal", bytes: 2 * MIB, count: 2 },
		{ name: "homes", bytes: 4_096, count: 0 },
	];
	await writeFile(join(root, "app.db"), "x".repeat(5 * MIB));
	const settings = { databases: [{ path: "app.db", policy: "restore" as const }] };
	const [disk, next] = await examineDisk({ root, stateDir: root, settings: settings as never, sizes });
	expect(disk?.sentence).toBe("302 MiB are kept: releases 300 MiB (3), journal 2.0 MiB (2).");
	// One release, the database twice, what is held back.
	expect(next?.sentence).toMatch(/^The next swap needs about 126 MiB; /);
});

it("says so where the next swap does not fit, with what could go", async () => {
	const root = await temporaryFolder("deadman-disk");
	const sizes = async () => [{ name: "releases", bytes: 2 ** 60, count: 1 }];
	const [, next] = await examineDisk({ root, stateDir: root, settings: { databases: [] }, sizes });
	expect(next).toMatchObject({ level: "warn", next: "`deadman prune --dry-run` tells what could go." });
});
