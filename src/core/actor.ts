// Who speaks, through which surface. Owns the names of the surfaces; what each may do is in authority.ts.

/** The surfaces that people, builders and programs speak through; an identity is `surface:id`. */
export const surfaces = [
	"cli",
	"page",
	"web",
	"slack",
	"telegram",
	"discord",
	"teams",
	"whatsapp",
	"webhook",
	"app",
	"api",
	"builder",
	"program",
	"supervisor",
] as const;

export type Surface = (typeof surfaces)[number];

/** Who acts: a surface and an identity on it, such as `{ surface: "cli", id: "1000" }`. Printed as `cli:1000`. */
export interface Actor {
	readonly surface: Surface;
	readonly id: string;
}

/** `cli:1000`, as journals, cards and audit lines print an actor. */
export function actorName(actor: Actor): string {
	return `${actor.surface}:${actor.id}`;
}
