// Derives the nonce of each card from one key in a private file, so that no nonce is stored and buttons survive restarts.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, readFile } from "node:fs/promises";
import type { Nonces } from "../../ports/ports.js";
import { createFiles } from "./files.js";

const KEY_BYTES = 32;
const PRIVATE_MODE = 0o600;
/** Of the 64 bytes that a chat button may carry; 96 bits. */
const NONCE_CHARACTERS = 16;

/** Makes the key on first use. A damaged one is made anew: buttons of older cards then stop working, verbs that are typed do not. */
export async function createNonces(options: { readonly file: string }): Promise<Nonces> {
	const key = (await readKey(options.file)) ?? (await makeKey(options.file));
	const of = (swapId: string, epoch: number) =>
		createHmac("sha256", key).update(`${swapId}\0${epoch}`).digest("base64url").slice(0, NONCE_CHARACTERS);
	return { of, matches: (swapId, epoch, nonce) => equal(of(swapId, epoch), nonce) };
}

async function readKey(file: string): Promise<Buffer | null> {
	const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return "";
		throw error;
	});
	if (!/^[0-9a-f]{64}\s*$/.test(text)) return null;
	await chmod(file, PRIVATE_MODE);
	return Buffer.from(text.trim(), "hex");
}

async function makeKey(file: string): Promise<Buffer> {
	const key = randomBytes(KEY_BYTES);
	await createFiles().writeAtomic(file, `${key.toString("hex")}\n`, PRIVATE_MODE);
	return key;
}

function equal(expected: string, given: string): boolean {
	const a = Buffer.from(expected);
	const b = Buffer.from(given);
	return a.length === b.length && timingSafeEqual(a, b);
}
