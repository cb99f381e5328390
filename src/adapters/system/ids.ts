// Names for swaps and for lives of the supervisor. Random, never derived from content.
import { randomInt, randomUUID } from "node:crypto";
import { testSwapId } from "../../core/words/test-card.js";
import type { Ids } from "../../ports/ports.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS = 6;

/** Never the one of the test card. */
function nextSwap(): string {
	const id = `sw_${Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
	return id === testSwapId ? nextSwap() : id;
}

export function createIds(): Ids {
	return {
		swap: nextSwap,
		life: () => randomUUID(),
		pid: () => process.pid,
		fraction: () => Math.random(),
	};
}
