// The tokens in force, by their hash, so that a request costs one hash and no question to the journal. Forgotten whenever one is made or revoked.
import type { StoredToken } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { TokenRecord } from "../verbs/tokens.js";

export interface TokenCache {
	/** Null for one that was never given, is revoked, or has not even the shape. */
	find(secret: string): Promise<TokenRecord | null>;
	forget(): void;
}

const shape = /^dm_[\w-]{43}$/;

export function createTokenCache({ ports }: Engine): TokenCache {
	const { credentials, journal } = ports;
	let known: Promise<ReadonlyMap<string, StoredToken>> | null = null;

	async function load(): Promise<ReadonlyMap<string, StoredToken>> {
		const tokens = await journal.tokens();
		return new Map(tokens.filter(({ revokedAtMs }) => revokedAtMs === null).map((token) => [token.sha256, token]));
	}

	/** What could not be read is asked for again. */
	function inForce(): Promise<ReadonlyMap<string, StoredToken>> {
		if (known !== null) return known;
		const loading = load();
		known = loading;
		loading.catch(() => {
			if (known === loading) known = null;
		});
		return loading;
	}

	return {
		async find(secret) {
			if (!shape.test(secret)) return null;
			const hash = credentials.hash(secret);
			const found = (await inForce()).get(hash);
			if (found === undefined || !credentials.equal(found.sha256, hash)) return null;
			const { sha256: _, ...token } = found;
			return token;
		},
		forget() {
			known = null;
		},
	};
}
