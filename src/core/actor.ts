// Who speaks, through which surface, and how far a surface is trusted. What each may do is in authority.ts.

/** Whose hands a surface is in: the operator's, those of anybody who chats, of the version on trial, of a builder, of the program. */
export type Trust = "own" | "chat" | "app" | "builder" | "program";

/** What people, builders and programs speak through; an identity is `surface:id`. */
export type Surface = string;

const trusts: ReadonlyMap<Surface, Trust> = new Map([
	["cli", "own"],
	["page", "own"],
	["web", "own"],
	["app", "app"],
	["api", "own"],
	["builder", "builder"],
	["program", "program"],
	["supervisor", "own"],
]);

/** Deadman's own. Every other one is a chat's. */
export const ownSurfaces: readonly Surface[] = [...trusts.keys()];

export function trustOf(surface: Surface): Trust {
	return trusts.get(surface) ?? "chat";
}

const typed: ReadonlySet<Surface> = new Set(["cli", "api", "supervisor"]);

/** Whoever is there gives commands; elsewhere people press what a card offers. */
export function isTyped(surface: Surface): boolean {
	return typed.has(surface);
}

/** Who acts: a surface and an identity on it, such as `{ surface: "cli", id: "1000" }`. Printed as `cli:1000`. */
export interface Actor {
	readonly surface: Surface;
	readonly id: string;
}

/** `cli:1000`, as journals, cards and audit lines print an actor. */
export function actorName(actor: Actor): string {
	return `${actor.surface}:${actor.id}`;
}
