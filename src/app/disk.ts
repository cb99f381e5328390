// What `deadman doctor` says of the disk: what takes how much in the state folder, and what the next swap will need of what is free.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createFiles } from "../adapters/system/files.js";
import type { Settings } from "../config/config.js";
import { limits } from "../core/limits.js";
import { bytesText } from "../core/words/bytes.js";
import type { Finding, Size } from "../ports/ports.js";

export interface Disk {
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Pick<Settings, "databases">;
	sizes(): Promise<readonly Size[]>;
}

/** A state folder that cannot be walked is said by others. */
export async function examineDisk(disk: Disk): Promise<Finding[]> {
	const sizes = await disk.sizes().catch(() => []);
	const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
	const parts = sizes
		.filter(({ bytes }) => bytes >= all / 1_000)
		.map(({ name, bytes, count }) => `${name} ${bytesText(bytes)} (${count})`);
	const free = await createFiles().freeBytes(disk.stateDir);
	const need = await needOf(disk, sizes);
	return [diskFinding(all, parts), needFinding(need, free)];
}

function diskFinding(all: number, parts: readonly string[]): Finding {
	const sentence = parts.length === 0 ? "Nothing is kept yet." : `${bytesText(all)} are kept: ${parts.join(", ")}.`;
	return { name: "disk", level: "ok", sentence, next: null };
}

/** A release like those that are there, every database twice (its snapshot, and what a rollback sets aside), and what is held back. */
async function needOf({ root, settings }: Disk, sizes: readonly Size[]): Promise<number> {
	const releases = sizes.find(({ name }) => name === "releases");
	const release = releases === undefined ? 0 : releases.bytes / Math.max(1, releases.count);
	let databases = 0;
	for (const { path } of settings.databases) {
		if (path !== undefined) databases += (await stat(join(root, path)).catch(() => null))?.size ?? 0;
	}
	return Math.ceil(release + 2 * databases + limits.ballastBytes);
}

function needFinding(need: number, free: number): Finding {
	const sentence = `The next swap needs about ${bytesText(need)}; ${bytesText(free)} are free.`;
	if (need < free) return { name: "next swap", level: "ok", sentence, next: null };
	return { name: "next swap", level: "warn", sentence, next: "`deadman prune --dry-run` tells what could go." };
}
