// A diff as it is kept for approvers: cut at a line's end where it is too long, with size and hash of all of it.
import { createHash } from "node:crypto";
import type { Digest } from "../../ports.js";

export function digestOf(diff: Buffer, maxBytes: number): Digest {
	const sha256 = createHash("sha256").update(diff).digest("hex");
	const whole = diff.length <= maxBytes;
	const end = whole ? diff.length : diff.lastIndexOf(10, maxBytes - 1) + 1;
	return { text: diff.subarray(0, end).toString("utf8"), bytes: diff.length, sha256, whole };
}
