// Whether a copy is what was copied: kinds, modes, owners, times, links and bytes. Reads only; a process of its own may take its time for it.
import { lstat, open, readdir, readlink } from "node:fs/promises";

/** The first path at which two differ, relative to them, or null. Names need not be UTF-8. */
export async function firstDifference(one: string, other: string): Promise<string | null> {
	return differing(Buffer.from(one), Buffer.from(other), ".");
}

async function differing(one: Buffer, other: Buffer, shown: string): Promise<string | null> {
	const [a, b] = await Promise.all([lstat(one), lstat(other).catch(() => null)]);
	if (b === null || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return shown;
	if (a.isSymbolicLink()) return (await targetOf(one)).equals(await targetOf(other)) ? null : shown;
	if (a.isDirectory()) return differingIn(one, other, shown);
	if (!a.isFile()) return null;
	if (a.size !== b.size || Math.abs(a.mtimeMs - b.mtimeMs) > 1_000) return shown;
	return (await hasSameBytes(one, other)) ? null : shown;
}

async function differingIn(one: Buffer, other: Buffer, shown: string): Promise<string | null> {
	const [names, others] = await Promise.all([namesIn(one), namesIn(other)]);
	if (names.length !== others.length) return shown;
	for (const name of names) {
		const found = await differing(below(one, name), below(other, name), `${shown}/${name.toString()}`);
		if (found !== null) return found;
	}
	return null;
}

const partBytes = 1024 * 1024;

async function hasSameBytes(one: Buffer, other: Buffer): Promise<boolean> {
	const [a, b] = [await open(one, "r"), await open(other, "r")];
	try {
		const [left, right] = [Buffer.alloc(partBytes), Buffer.alloc(partBytes)];
		for (;;) {
			const [mine, theirs] = await Promise.all([a.read(left, 0, partBytes, null), b.read(right, 0, partBytes, null)]);
			if (mine.bytesRead !== theirs.bytesRead) return false;
			if (mine.bytesRead === 0) return true;
			if (!left.subarray(0, mine.bytesRead).equals(right.subarray(0, mine.bytesRead))) return false;
		}
	} finally {
		await a.close();
		await b.close();
	}
}

const namesIn = (folder: Buffer) => readdir(folder, { encoding: "buffer" });

const targetOf = (link: Buffer) => readlink(link, { encoding: "buffer" });

function below(folder: Buffer, name: Buffer): Buffer {
	return Buffer.concat([folder, Buffer.from("/"), name]);
}
