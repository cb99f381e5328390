// Tokens: who may speak over TCP, and for whom. Made and revoked by operators, shown once, kept as a hash.
import type { Audit } from "./audit.js";
import type { Access } from "./beside.js";
import type { Engine } from "./context.js";

export function createAccess(_engine: Engine, audit: Audit): Access {
	const unwritten = async (): Promise<never> => {
		throw new Error("unwritten");
	};
	return {
		createToken: unwritten,
		tokens: unwritten,
		revokeToken: unwritten,
		tokenOf: unwritten,
		noteRefused: (refused) => audit({ ...refused, shown: null }),
	};
}
