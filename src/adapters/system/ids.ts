// Names for swaps and for lives of the supervisor. Random, never derived from content.
import { randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../../ports.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS = 6;

export function createIds(): Ids {
	return {
		swap: () => `sw_${Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`,
		life: () => randomUUID(),
		pid: () => process.pid,
		fraction: () => Math.random(),
	};
}
