// A diff as it is kept for approvers: cut at a line's end where it is too long, with size and hash of all of it.
import { createHash } from "node:crypto";
import type { Digest } from "../../../ports/ports.js";
import { inParts } from "../repository/listing.js";

const PART_BYTES = 1024 * 1024;

export async function digestOf(diff: Buffer, maxBytes: number): Promise<Digest> {
	const hash = createHash("sha256");
	await inParts(partsOf(diff), (part) => void hash.update(part));
	const whole = diff.length <= maxBytes;
	const end = whole ? diff.length : diff.lastIndexOf(10, maxBytes - 1) + 1;
	return { text: diff.subarray(0, end).toString("utf8"), bytes: diff.length, sha256: hash.digest("hex"), whole };
}

function* partsOf(bytes: Buffer): Generator<Buffer> {
	for (let start = 0; start < bytes.length; start += PART_BYTES) yield bytes.subarray(start, start + PART_BYTES);
}
