// A diff as it is kept for approvers: by file, with size and hash of all of it; where it is too long for one text, that one ends at a line's end.
import { createHash } from "node:crypto";
import type { DiffPart, Digest } from "../../../ports/ports.js";
import { inParts } from "../repository/listing.js";

const PART_BYTES = 1024 * 1024;

export async function digestOf(parts: readonly DiffPart[], maxBytes: number): Promise<Digest> {
	const diff = Buffer.from(textOf(parts));
	const hash = createHash("sha256");
	await inParts(piecesOf(diff), (piece) => void hash.update(piece));
	const whole = diff.length <= maxBytes;
	const end = whole ? diff.length : diff.lastIndexOf(10, maxBytes - 1) + 1;
	const text = diff.subarray(0, end).toString("utf8");
	return { text, bytes: diff.length, sha256: hash.digest("hex"), whole, parts };
}

export function textOf(parts: readonly DiffPart[]): string {
	return parts.map(({ read }) => read.text).join("");
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
	for (let start = 0; start < bytes.length; start += PART_BYTES) yield bytes.subarray(start, start + PART_BYTES);
}
