// Where a worker's trials happen: a folder, or a small disk of its own whose power can be cut. Each is prepared once per story and
// laid anew for each trial at the same path, because git's worktrees know theirs.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Ground {
	readonly root: string;
	/** Keeps what is there under this name. */
	keep(name: string): Promise<void>;
	/** Lays what was kept, or an empty folder; true when something was kept. */
	lay(name: string): Promise<boolean>;
	/** After a life has died: as the machine comes up again. */
	revive(): Promise<void>;
	close(): Promise<void>;
}

export async function openFolder(): Promise<Ground> {
	const root = await mkdtemp(join(tmpdir(), "deadman-crash-"));
	const kept = await mkdtemp(join(tmpdir(), "deadman-kept-"));
	const names = new Set<string>();
	return {
		root,
		keep: async (name) => {
			await run("cp", ["-a", root, join(kept, name)]);
			names.add(name);
		},
		lay: async (name) => {
			await endPrograms(root);
			await rm(root, { recursive: true, force: true });
			if (names.has(name)) await run("cp", ["-a", join(kept, name), root]);
			else await mkdir(root);
			return names.has(name);
		},
		revive: async () => {},
		close: async () => {
			await endPrograms(root);
			await rm(root, { recursive: true, force: true });
			await rm(kept, { recursive: true, force: true });
		},
	};
}

/** Needs root and a loop device: an ext4 of its own, which forgets what was not fsynced when its power is cut. */
export async function openDisk(): Promise<Ground> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-disk-"));
	const mount = join(folder, "mount");
	let image = join(folder, "image");
	let moves = 0;
	const root = join(mount, "repository");
	const names = new Set<string>();
	await mkdir(mount);
	const up = () => run("mount", ["-o", "loop", image, mount]);
	const down = async () => {
		await endPrograms(root);
		if ((await readFile("/proc/mounts", "utf8")).includes(mount)) await unmount(mount);
		if (await isDetached(image)) return;
		moves += 1;
		const moved = join(folder, `image-${moves}`);
		await run("cp", ["--sparse=always", image, moved]);
		await rm(image);
		image = moved;
	};
	return {
		root,
		keep: async (name) => {
			await run("sync", ["-f", mount]);
			await down();
			await cp(image, join(folder, name));
			await up();
			names.add(name);
		},
		lay: async (name) => {
			await down();
			await rm(image, { force: true });
			if (names.has(name)) await run("cp", ["--sparse=always", join(folder, name), image]);
			else await makeDisk(image);
			await up();
			await mkdir(root, { recursive: true });
			return names.has(name);
		},
		revive: async () => {
			await down();
			await up();
		},
		close: async () => {
			await down();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** What a killed supervisor left running ends by itself, but not in the same instant. */
async function unmount(mount: string): Promise<void> {
	for (let tries = 1; ; tries += 1) {
		try {
			await run("umount", [mount]);
			return;
		} catch (error) {
			if (tries === 100) throw error;
			await setTimeout(50);
		}
	}
}

/**
 * A sandbox, of a build that was killed or of a test beside this one, may hold the disk in its own mounts a while longer: mounted again then, it would still
 * be dead. What was synced stands in the image all the same, so a copy of it will do.
 */
async function isDetached(image: string): Promise<boolean> {
	for (let tries = 1; (await run("losetup", ["-j", image])).stdout.trim() !== ""; tries += 1) {
		if (tries === 60) return false;
		await setTimeout(50);
	}
	return true;
}

async function makeDisk(image: string): Promise<void> {
	await run("truncate", ["-s", "200M", image]);
	await run("mkfs.ext4", ["-q", "-F", image]);
}

/** The sentence that says what is missing where power cannot be cut, or null. */
export async function whyNoDisk(): Promise<string | null> {
	try {
		const disk = await openDisk();
		await disk.lay("trial");
		await disk.close();
		return null;
	} catch (error) {
		return `Power cuts need root, a loop device and mkfs.ext4: ${(error as Error).message}`;
	}
}

/** Programs outlive a supervisor that was killed; they are known by the folder in their environment. */
async function endPrograms(root: string): Promise<void> {
	for (const pid of await readdir("/proc")) {
		const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
		if (environment.split("\0").includes(`DEADMAN_ROOT=${root}`)) process.kill(Number(pid), "SIGKILL");
	}
}
