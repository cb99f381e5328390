// Small disks that fill up, turn read only or stand still. Needs root; says so where it is missing. Call them inside a test: they go when it ends.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary.js";
import { until } from "./until.js";

const run = promisify(execFile);

export interface Disk {
	readonly folder: string;
	/** Not one byte more fits into a file, until `empty`. */
	fill(): Promise<void>;
	empty(): Promise<void>;
	readOnly(): Promise<void>;
}

/** One MiB of memory. */
export async function smallDisk(): Promise<Disk> {
	const folder = await mounted(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
	const ballast = join(folder, "ballast");
	return {
		folder,
		async fill() {
			const full = await writeFile(ballast, Buffer.alloc(2 ** 21, 1)).then(
				() => null,
				(error: NodeJS.ErrnoException) => error.code,
			);
			if (full !== "ENOSPC") throw new Error(`The small disk did not fill up: ${full}.`);
		},
		empty: () => writeFile(ballast, ""),
		readOnly: async () => void (await run("mount", ["-o", "remount,ro", folder])),
	};
}

/** An ext4 of its own on which `freeze` lets every writer wait, without an end and deaf to KILL, until `thaw`. */
export async function freezingDisk() {
	const folder = await mountedImage();
	let frozen = false;
	const thaw = async () => {
		if (frozen) await run("fsfreeze", ["-u", folder]);
		frozen = false;
	};
	return {
		folder,
		async freeze() {
			await run("fsfreeze", ["-f", folder]);
			frozen = true;
			// Whatever the test still ends or unmounts would wait as well.
			onTestFinished(thaw);
		},
		thaw,
	};
}

/** An ext4 of its own that `fail` makes read only for good, whatever is open on it: as the kernel does after an error of the device. */
export async function failingDisk() {
	const folder = await mountedImage();
	return { folder, fail: async () => void (await run("mount", ["-o", "remount,abort", folder])) };
}

async function mountedImage(): Promise<string> {
	const image = join(await temporaryFolder("deadman-image"), "image");
	await run("truncate", ["-s", "64M", image]);
	await run("mkfs.ext4", ["-q", "-F", image]);
	return mounted(["-o", "loop,errors=remount-ro", image]);
}

async function mounted(what: readonly string[]): Promise<string> {
	const folder = await temporaryFolder("deadman-mount");
	await run("mount", [...what, folder]).catch((error: Error) => {
		throw new Error(`Small disks need root, mount and a loop device: ${error.message}`);
	});
	onTestFinished(async () => void (await until("the disk is given back", () => unmount(folder))));
	return folder;
}

/** A program that was ended a moment ago may have it open, or a sandbox of another test in its own mounts. */
function unmount(folder: string): Promise<boolean> {
	return run("umount", [folder]).then(
		() => true,
		() => false,
	);
}
