// Who holds a lock, for whoever is refused: the kernel's own list, and a small file beside the lock that says where the holder keeps its state.
// A courtesy only: the lock is what counts, so nothing here fails for want of space.
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { printableLine } from "../../core/rules/printable.js";

export interface Holder {
	readonly pid: number | null;
	readonly stateDir: string | null;
}

export interface Sidecar {
	write(stateDir: string): void;
	remove(): void;
	/** `pid`: where it is known already. */
	holder(pid: number | null): Holder;
	/** The process that has the file locked as SQLite does it, without opening the file; null where none has or nobody can tell. */
	lockedBy(): number | null;
}

const MAX_PATH = 4_096;

export function createSidecar(file: string): Sidecar {
	const sidecar = `${file}.pid`;
	const lockedBy = () => lockOwner(file);
	return {
		lockedBy,
		write(stateDir) {
			// Renamed into place: others may write in this folder, and a link of theirs is replaced, not followed.
			const fresh = `${sidecar}.${process.pid}`;
			try {
				writeFileSync(fresh, `${process.pid}\n${stateDir}\n`, { mode: 0o644, flag: "wx" });
				renameSync(fresh, sidecar);
			} catch {
				removeQuietly(fresh);
				removeQuietly(sidecar);
			}
		},
		remove: () => removeQuietly(sidecar),
		holder(known) {
			const said = readSidecar(sidecar);
			const pid = known ?? lockedBy() ?? said.pid;
			return { pid, stateDir: said.pid === pid ? said.stateDir : null };
		},
	};
}

function removeQuietly(path: string): void {
	try {
		rmSync(path, { force: true });
	} catch {
		// On a read-only disk it stays, and the kernel's list is asked first.
	}
}

/** Others may have written it: what does not look like ours says nothing. */
function readSidecar(sidecar: string): Holder {
	try {
		if (!lstatSync(sidecar).isFile()) return { pid: null, stateDir: null };
		const [pid = "", stateDir = ""] = readFileSync(sidecar, "utf8").slice(0, MAX_PATH).split("\n");
		return {
			pid: /^\d{1,10}$/.test(pid) ? Number(pid) : null,
			stateDir: isAbsolute(stateDir) ? printableLine(stateDir) : null,
		};
	} catch {
		return { pid: null, stateDir: null };
	}
}

/** SQLite locks bytes from 1 GiB on, whatever the file's size. Source: os_unix.c, PENDING_BYTE. */
const FIRST_BYTE = 0x40000000;

/** `1: POSIX ADVISORY WRITE <pid> <major>:<minor>:<inode> <first> <last>`, the device in hexadecimal. Linux only. */
function lockOwner(file: string): number | null {
	try {
		const { dev, ino } = lstatSync(file);
		const at = `${deviceText(dev)}:${ino}`;
		for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
			const [, , , mode, pid, place, first] = line.split(/ +/);
			if (place === at && mode === "WRITE" && Number(first) >= FIRST_BYTE && Number(pid) > 0) return Number(pid);
		}
		return null;
	} catch {
		return null;
	}
}

/** As the C library packs two numbers into one. Source: gnu_dev_major and gnu_dev_minor. */
function deviceText(dev: number): string {
	const wide = BigInt(dev);
	const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n);
	const minor = (wide & 0xffn) | ((wide >> 12n) & 0xffffff00n);
	const two = (part: bigint) => part.toString(16).padStart(2, "0");
	return `${two(major)}:${two(minor)}`;
}
