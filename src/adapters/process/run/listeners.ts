// Whose socket answers on a port: from /proc/net/tcp to an inode, from the inode to the process that holds it. Linux only.
import { readdir, readFile, readlink } from "node:fs/promises";
import { type Family, membersOf } from "./family.js";
import { livingProcesses, mapInParts, readCommandName } from "./procfs.js";

interface Socket {
	readonly address: string;
	readonly port: number;
	readonly peerPort: number;
	readonly state: string;
	readonly inode: string;
}

export type Owner =
	| { readonly kind: "ours" }
	| { readonly kind: "other"; readonly who: string; readonly pid: number | null }
	| { readonly kind: "unknown" };

const LISTENING = "0A";
const NO_INODE = "0";

/** `peerPort` is our own end of a connection that is still open: then the very process that accepted it is found. */
export async function ownerOf(
	end: { readonly port: number; readonly peerPort: number; readonly loopback: boolean },
	family: Family,
): Promise<Owner> {
	const sockets = await readSockets();
	const accepted = sockets.filter(({ port, peerPort }) => port === end.port && peerPort === end.peerPort);
	const listening = sockets.filter((socket) => socket.port === end.port && socket.state === LISTENING);
	const reachable = listening.filter((socket) => !end.loopback || isReachedByLoopback(socket.address));
	const answering = accepted.some(hasInode) ? accepted : reachable;
	const inodes = answering.filter(hasInode).map((socket) => socket.inode);
	if (inodes.length === 0) return { kind: "unknown" };
	const members = (await membersOf(family)).map((stat) => stat.thread);
	const ours = new Set((await mapInParts(members, socketsOf)).flat());
	const foreign = inodes.filter((inode) => !ours.has(inode));
	return foreign.length === 0 ? { kind: "ours" } : { kind: "other", ...(await holderOf(foreign)) };
}

function hasInode({ inode }: Socket): boolean {
	return inode !== NO_INODE;
}

/** Any address, or 127.0.0.0/8, in both families. /proc writes addresses in the machine's byte order. */
function isReachedByLoopback(address: string): boolean {
	if (/^0+$/.test(address) || address === "00000000000000000000000001000000") return true;
	return /7F$/.test(address) && (address.length === 8 || address.startsWith("0000000000000000FFFF0000"));
}

async function readSockets(): Promise<Socket[]> {
	const tables = await Promise.all(
		["tcp", "tcp6"].map((table) => readFile(`/proc/net/${table}`, "utf8").catch(() => "")),
	);
	return tables.flatMap((table) =>
		table
			.split("\n")
			.slice(1)
			.filter((line) => line !== "")
			.map(parseSocket),
	);
}

function parseSocket(line: string): Socket {
	const [, local = "", remote = "", state = "", , , , , , inode = NO_INODE] = line.trim().split(/\s+/);
	const [address = "", port = "0"] = local.split(":");
	return {
		address,
		port: Number.parseInt(port, 16),
		peerPort: Number.parseInt(remote.split(":")[1] ?? "0", 16),
		state,
		inode,
	};
}

/** Inodes of all sockets that the process of this thread holds; none when it is gone or not ours to read. */
async function socketsOf(thread: number): Promise<string[]> {
	const descriptors = await readdir(`/proc/${thread}/fd`).catch(() => []);
	const links = await mapInParts(descriptors, (name) => readlink(`/proc/${thread}/fd/${name}`).catch(() => ""));
	return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

async function holderOf(inodes: readonly string[]): Promise<{ readonly who: string; readonly pid: number | null }> {
	for (const { pid, thread } of await livingProcesses()) {
		const held = await socketsOf(thread);
		if (!held.some((inode) => inodes.includes(inode))) continue;
		return { who: `process ${pid} (${await readCommandName(pid)})`, pid };
	}
	return { who: "another process", pid: null };
}
