// A disk of its own for one test, small enough to be filled to the last byte. Needs root and the right to mount; where that is missing, it says so.
import { execFile } from "node:child_process";
import { open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary.js";

const execute = promisify(execFile);

export const diskKinds = ["ext4", "tmpfs"] as const;
export type DiskKind = (typeof diskKinds)[number];

export interface SmallDisk {
	readonly folder: string;
	/** Takes all that is left for data, and proves it. */
	fill(): Promise<void>;
	/** And then for names of files too. */
	fillNames(): Promise<void>;
	/** Gives it back. */
	empty(): Promise<void>;
	readOnly(): Promise<void>;
}

/** Call it inside a test. */
export async function smallDisk(kind: DiskKind, mib = 8): Promise<SmallDisk> {
	const place = await temporaryFolder("deadman-disk");
	const folder = join(place, "disk");
	await execute("mkdir", [folder]);
	await mount(kind, { place, folder, mib });
	onTestFinished(async () => void (await execute("umount", ["--lazy", folder]).catch(() => {})));
	const at = (name: string) => join(folder, `filling-${name}`);
	return {
		folder,
		async fill() {
			await fillData(at("data"));
			const proof = await writeFile(at("proof"), Buffer.alloc(4_096, 1)).then(
				() => false,
				(error: NodeJS.ErrnoException) => error.code === "ENOSPC",
			);
			if (!proof) throw new Error(`${folder} is not full.`);
		},
		async fillNames() {
			let number = 0;
			while (await makes(at(`${number}`))) number += 1;
			if (number === 0) throw new Error(`${folder} had no names left already.`);
		},
		async empty() {
			const names = (await readdir(folder)).filter((name) => name.startsWith("filling-"));
			for (const name of names) await rm(join(folder, name));
		},
		readOnly: async () => void (await execute("mount", ["-o", "remount,ro", folder])),
	};
}

async function mount(kind: DiskKind, { place, folder, mib }: { place: string; folder: string; mib: number }) {
	try {
		if (kind === "tmpfs")
			return void (await execute("mount", ["-t", "tmpfs", "-o", tmpfsOptions(mib), "tmpfs", folder]));
		const image = join(place, "image");
		await execute("truncate", ["-s", `${mib}M`, image]);
		await execute("mkfs.ext4", ["-q", "-F", "-m", "0", "-N", "2048", image]);
		await execute("mount", ["-o", "loop", image, folder]);
	} catch (error) {
		throw new Error(`This test needs root and the right to mount ${kind} (CAP_SYS_ADMIN): ${String(error)}`);
	}
}

const tmpfsOptions = (mib: number) => `size=${mib}m,nr_inodes=2000`;

/** In ever smaller pieces, to the last byte. */
async function fillData(path: string): Promise<void> {
	const file = await open(path, "w");
	try {
		for (const bytes of [65_536, 4_096, 512, 1]) {
			const piece = Buffer.alloc(bytes, 1);
			while ((await file.write(piece).catch(() => ({ bytesWritten: 0 }))).bytesWritten === bytes);
		}
		await file.sync().catch(() => {});
	} finally {
		await file.close();
	}
}

/** A new name, with nothing in it. */
async function makes(path: string): Promise<boolean> {
	try {
		await writeFile(path, "", { flag: "wx" });
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
		throw error;
	}
}
