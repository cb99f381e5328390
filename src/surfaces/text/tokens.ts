// Tokens as text for terminals: whom each speaks for, what it may do, and whether it still may.
import { printableLine } from "../../core/rules/printable.js";
import type { TokenView } from "../http/schemas/token-view.js";

export function renderToken({ id, name, role, target, createdAt, revokedAt }: TokenView): string {
	const bound = target === null ? "" : ` for ${target}`;
	const since = revokedAt === null ? `since ${day(createdAt)}` : `revoked ${day(revokedAt)}`;
	return printableLine(`${id}  ${`${role}${bound}`.padEnd(16)}  ${name.padEnd(24)}  ${since}`);
}

export function renderTokens(tokens: readonly TokenView[]): string {
	return tokens.length === 0 ? "No tokens: nobody speaks over TCP." : tokens.map(renderToken).join("\n");
}

function day(time: string): string {
	return `${time.slice(0, 19)}Z`;
}
