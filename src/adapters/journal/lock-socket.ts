// What excludes where a disk takes no lock (full, read-only): the name of a socket outside of every file system, which the kernel frees with its process.
// It holds within one network namespace, and Linux only: the second best.
import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";

export interface BoundName {
	readonly text: string;
	release(): void;
}

/** Never the same name twice: so nobody can take it before us and keep us out. Null where there are no such names. */
export async function bindName(folder: string): Promise<BoundName | null> {
	if (process.platform !== "linux") return null;
	const text = `${await prefixOf(folder)}${process.pid}-${randomBytes(6).toString("hex")}`;
	const server = createServer((socket) => socket.destroy());
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen({ path: `\0${text}` }, resolve);
	});
	server.unref();
	return { text, release: () => void close(server) };
}

function close(server: Server): void {
	server.removeAllListeners("error");
	server.close();
}

/** By device and inode: whatever path leads there. */
async function prefixOf(folder: string): Promise<string> {
	const { dev, ino } = await stat(folder);
	return `deadman/${dev}:${ino}/`;
}

/** The process of another supervisor that had to bind a name for this folder. Only one of our own user or of root counts: anybody can bind any name. */
export async function boundElsewhere(folder: string, mine: BoundName | null): Promise<number | null> {
	const prefix = await prefixOf(folder);
	const text = await readFile("/proc/net/unix", "utf8").catch(() => "");
	const inodes = new Set(text.split("\n").flatMap((line) => inodeOf(line, prefix, mine?.text ?? null)));
	if (inodes.size === 0) return null;
	for (const pid of await readdir("/proc")) {
		if (/^\d+$/.test(pid) && (await holdsOne(pid, inodes))) return Number(pid);
	}
	return null;
}

/** `<address>: <references> <protocol> <flags> <type> <state> <inode> @<name>`; the name's unused bytes read as more of these signs. */
function inodeOf(line: string, prefix: string, mine: string | null): string[] {
	const [, , , , , , inode, path] = line.trim().split(/ +/);
	if (inode === undefined || path?.startsWith(`@${prefix}`) !== true) return [];
	return path.slice(1).replace(/@+$/, "") === mine ? [] : [`socket:[${inode}]`];
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
	const owner = await stat(`/proc/${pid}`).catch(() => null);
	if (owner === null || (owner.uid !== 0 && owner.uid !== process.getuid?.())) return false;
	const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
	for (const descriptor of descriptors) {
		const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
		if (inodes.has(target)) return true;
	}
	return false;
}
