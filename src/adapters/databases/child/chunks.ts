// What a file holds, as one hash over the hashes of its chunks: where a few of a gigabyte's chunks change, only those are hashed anew. The list of
// chunk hashes lies beside a copy that is being made, bound to the file as it was when it was written.
import { hash } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";

export const CHUNK_BYTES = 64 * 1024;
/** Small enough to stay in the processor's cache, where two of them are compared. */
export const BLOCK_BYTES = 4 * CHUNK_BYTES;

/** In hex, by the number of the chunk; a hole is one that nobody knows. */
export type Hashes = (string | undefined)[];

export const hashOf = (chunk: Uint8Array): string => hash("sha256", chunk, "hex");

/** The one hash of a file; throws where a chunk's is not known. */
export function digestOf(hashes: Hashes, bytes: number): string {
	const count = Math.ceil(bytes / CHUNK_BYTES);
	const all = Array.from({ length: count }, (_, index) => {
		const known = hashes[index];
		if (known === undefined) throw new Error(`Nobody has read chunk ${index}.`);
		return known;
	});
	return hashOf(Buffer.from(all.join("\n")));
}

/** Those that are not known are read and hashed. */
export function complete(descriptor: number, hashes: Hashes): void {
	const { size } = fstatSync(descriptor);
	hashes.length = Math.ceil(size / CHUNK_BYTES);
	const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
	for (let index = 0; index < hashes.length; index += 1) {
		if (hashes[index] === undefined) hashes[index] = hashOf(readAt(descriptor, chunk, index * CHUNK_BYTES));
	}
}

/** Fewer bytes than the buffer takes only at the end of the file. */
export function readAt(descriptor: number, into: Buffer, position: number): Buffer {
	let filled = 0;
	while (filled < into.length) {
		const read = readSync(descriptor, into, filled, into.length - filled, position + filled);
		if (read === 0) break;
		filled += read;
	}
	return into.subarray(0, filled);
}

const listOf = (file: string) => `${file}.hashes`;

/** Of a file that anybody has touched since: none. */
export function readHashes(file: string, descriptor: number): Hashes {
	try {
		const [identity, ...hashes] = readFileSync(listOf(file), "utf8").split("\n");
		return identity === identityOf(descriptor) ? hashes : [];
	} catch {
		return [];
	}
}

/** The file is on disk before its list is: what a power cut leaves of either is known by the other. */
export function keepHashes(file: string, descriptor: number, hashes: Hashes): void {
	fsyncSync(descriptor);
	writeFileSync(listOf(file), [identityOf(descriptor), ...hashes].join("\n"), { mode: 0o600 });
	const list = openSync(listOf(file), "r");
	try {
		fsyncSync(list);
	} finally {
		closeSync(list);
	}
}

export function dropHashes(file: string): void {
	rmSync(listOf(file), { force: true });
}

function identityOf(descriptor: number): string {
	const { ino, size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true });
	return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
