// What tokens are made of: a random secret, its name, and its hash. Keeps none of them.
import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../../ports/ports.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LETTERS = 6;
const SECRET_BYTES = 32;

export function createCredentials(): Credentials {
	const hash = (secret: string) => createHash("sha256").update(secret).digest("hex");
	return {
		make() {
			const id = `tk_${Array.from({ length: ID_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
			const secret = `dm_${randomBytes(SECRET_BYTES).toString("base64url")}`;
			return { id, secret, sha256: hash(secret) };
		},
		hash,
		equal(one, other) {
			const [a, b] = [Buffer.from(one), Buffer.from(other)];
			return a.length === b.length && timingSafeEqual(a, b);
		},
	};
}
