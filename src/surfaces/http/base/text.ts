// Long text in pieces, so that a diff of many megabytes never holds the event loop.
import type { Context } from "hono";
import { stream } from "hono/streaming";

const pieceCharacters = 64 * 1024;

export function textInPieces(c: Context, text: string): Response {
	c.header("content-type", "text/plain; charset=utf-8");
	return stream(c, async (out) => {
		for (const piece of piecesOf(text)) {
			if (out.aborted) return;
			await out.write(piece);
		}
	});
}

/** Never cuts a surrogate pair. */
export function* piecesOf(text: string, length = pieceCharacters): Generator<string> {
	for (let start = 0; start < text.length; ) {
		const last = text.charCodeAt(start + length - 1);
		const end = start + length + (last >= 0xd800 && last <= 0xdbff ? 1 : 0);
		yield text.slice(start, end);
		start = end;
	}
}
