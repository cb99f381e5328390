// Tokens that can be told in advance: the first secret is `dm_` and 42 zeros before a one.
import { createHash } from "node:crypto";
import type { Credentials } from "../../../src/ports/ports.js";

export function createMemoryCredentials(): Credentials {
	let made = 0;
	const hash = (secret: string) => createHash("sha256").update(secret).digest("hex");
	return {
		make() {
			made += 1;
			const secret = `dm_${String(made).padStart(43, "0")}`;
			return { id: `tk_${String(made).padStart(6, "0")}`, secret, sha256: hash(secret) };
		},
		hash,
		equal: (one, other) => one === other,
	};
}
