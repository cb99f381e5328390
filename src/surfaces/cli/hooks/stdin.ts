// Reads the one JSON object that a client writes to a hook's stdin, within limits of time and size.
import type { Readable } from "node:stream";

const mostBytes = 32 * 1024 * 1024;

/** Undefined where there is none, or none before the signal. */
export async function readPayload(
	stdin: Readable & { readonly isTTY?: boolean },
	signal: AbortSignal,
): Promise<unknown> {
	if (stdin.isTTY) return undefined;
	const tooLate = () => stdin.destroy(new Error("no input in time"));
	signal.addEventListener("abort", tooLate, { once: true });
	try {
		const insertions: Buffer[] = [];
		let bytes = 0;
		for await (const insertion of stdin) {
			bytes += insertion.length;
			if (bytes > mostBytes) return undefined;
			insertions.push(Buffer.from(insertion));
		}
		return JSON.parse(Buffer.concat(insertions).toString("utf8"));
	} catch {
		return undefined;
	} finally {
		signal.removeEventListener("abort", tooLate);
	}
}
