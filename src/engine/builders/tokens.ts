// Tokens: who may speak over TCP, and for whom. Made and revoked by operators, shown once, kept as a hash. What is allowed is put on record
// before it is done, so that no key exists that the journal does not tell of.

import { limits } from "../../core/limits.js";
import { administer, type TokenVerb } from "../../core/people/administration.js";
import { createRate } from "../../core/rate.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, actorName, hostTarget } from "../../core/swap.js";
import type { StoredToken, TokenRole } from "../../ports/ports.js";
import { createQueue } from "../../ports/waiting.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import type { Access, TokenRecord } from "../verbs/tokens.js";
import { createTokenCache } from "./token-cache.js";

const surfaces: Readonly<Partial<Record<TokenRole, string>>> = { builder: "builder", agent: "agent" };

type CreateRequest = Parameters<Access["createToken"]>[0];

export function createAccess(engine: Engine, audit: Audit): Access {
	const { clock, credentials, journal } = engine.ports;
	const cache = createTokenCache(engine);
	const granted = createGrants(engine);
	/** One at a time: a name is looked for and taken without another in between. */
	const inTurn = createQueue();

	/** A request that was refused stays on record, with who asked. */
	async function audited<T>(verb: TokenVerb, by: Actor, work: () => Promise<T | Refusal>): Promise<T | Refusal> {
		const answer = administer(engine.settings.authority, by, verb) ?? (await inTurn(work));
		if (isRefusal(answer)) await audit({ swapId: null, by, verb: `token ${verb}`, refusal: answer, shown: null });
		return answer;
	}

	async function create({ role, target, by, ...asked }: CreateRequest) {
		const name = `${surfaces[role] ?? "api"}:${asked.name}`;
		const refusal = shapeRefusal(engine, { ...asked, role, target }) ?? takenRefusal(await journal.tokens(), name);
		if (refusal !== null) return refusal;
		const { id, secret, sha256 } = credentials.make();
		const token: TokenRecord = { id, name, role, target, createdAtMs: clock.now().wallMs, revokedAtMs: null };
		await granted(by, "create", `${id} for ${name}, ${role}${target === null ? "" : `, bound to ${target}`}`);
		await journal.keepToken({ ...token, sha256 });
		if (role === "agent") await enrol(engine, asked.name);
		cache.forget();
		return { token, secret };
	}

	async function revoke({ id, by }: { readonly id: string; readonly by: Actor }): Promise<TokenRecord | Refusal> {
		const found = named(await journal.tokens(), id);
		if (isRefusal(found)) return found;
		const revokedAtMs = clock.now().wallMs;
		await granted(by, "revoke", `${found.id} of ${found.name}`);
		const was = await journal.revokeToken(found.id, revokedAtMs);
		cache.forget();
		return was ? { ...withoutHash(found), revokedAtMs } : unknown(id);
	}

	return {
		createToken: (request) => audited("create", request.by, () => create(request)),
		revokeToken: (request) => audited("revoke", request.by, () => revoke(request)),
		tokens: (by) =>
			audited("list", by, async () => {
				await granted(by, "list", "all of them");
				return (await journal.tokens()).map(withoutHash);
			}),
		tokenOf: (secret) => cache.find(secret),
		noteRefused: (refused) => audit({ ...refused, shown: null }),
	};
}

/** It is seen before it is heard. */
async function enrol({ ports, settings, targets }: Engine, id: string): Promise<void> {
	const target = settings.agents.of[id] ?? (targets.includes(id) ? id : hostTarget);
	await ports.journal.enrolAgent({ id, target, atMs: ports.clock.now().wallMs });
}

/** Nothing is done where its record cannot be kept. A list that is looked at again and again is one look a minute. */
function createGrants({ ports }: Engine) {
	const { clock, journal, log } = ports;
	const looks = createRate({ perMinute: 1, nowMs: () => clock.now().bootMs });
	return async (by: Actor, verb: TokenVerb, message: string): Promise<void> => {
		if (verb === "list" && looks.take(actorName(by)) > 0) return;
		const atMs = clock.now().wallMs;
		await journal.audit({ atMs, subject: null, by, verb: `token ${verb}`, code: "allowed", message, shown: null });
		log.info(`token.${verb}`, { by: actorName(by), message });
	};
}

/** The name is one that the door's header could carry too: there, `builder:claude` is the same builder. */
function shapeRefusal(engine: Engine, { name, role, target }: Omit<CreateRequest, "by">): Refusal | null {
	if (!/^[\w.@+-]{1,56}$/.test(name)) {
		return refuse("input_invalid", { problems: "name: use 1 to 56 letters, digits and any of . @ + - _" });
	}
	if (target === null) return null;
	if (role !== "builder")
		return refuse("input_invalid", { problems: "target: only a builder's token is bound to one" });
	return engine.targets.includes(target) ? null : refuse("target_unknown", { target: JSON.stringify(target) });
}

const inForce = ({ revokedAtMs }: StoredToken) => revokedAtMs === null;

function takenRefusal(tokens: readonly StoredToken[], name: string): Refusal | null {
	const current = tokens.filter(inForce);
	const taken = current.find((token) => token.name === name);
	if (taken !== undefined) return refuse("token_exists", { name, id: taken.id });
	return current.length < limits.tokens ? null : refuse("token_limit", { limit: limits.tokens });
}

/** By id, by whole name, or by the name alone where only one bears it. */
function named(tokens: readonly StoredToken[], id: string): StoredToken | Refusal {
	const current = tokens.filter(inForce);
	const exact = current.find((token) => token.id === id || token.name === id);
	const [short, another] = current.filter(({ name }) => name.slice(name.indexOf(":") + 1) === id);
	return exact ?? (another === undefined ? (short ?? unknown(id)) : unknown(id));
}

function unknown(id: string): Refusal {
	return refuse("token_unknown", { id: JSON.stringify(id.slice(0, 80)) });
}

function withoutHash({ sha256: _, ...token }: StoredToken): TokenRecord {
	return token;
}
