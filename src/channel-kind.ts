// What a kind of channel says of itself, in one object beside its adapter: its settings and what it needs. Every command reads it, so it loads
// nothing of the adapter; how a channel is made does. Names no kind.
import type { z } from "zod";
import type { SecretSource } from "./config/channels.js";
import type { ProgramSettings } from "./config/shapes.js";
import type { Surface } from "./core/actor.js";
import type { Clock, Commands, Delivery, Files, Finding, Log, Nonces } from "./ports/ports.js";

/** What a channel may be made of. */
export interface ChannelParts {
	/** Of the channel, as configured. */
	readonly name: string;
	readonly root: string;
	readonly stateDir: string;
	/** Reads a secret where it stands now; rejects with a sentence where it is absent or empty. */
	readonly secret: (source: SecretSource) => Promise<string>;
	readonly nonces: Nonces;
	readonly files: Files;
	readonly commands: Commands;
	readonly clock: Clock;
	readonly log: Log;
}

export interface ChannelKind<S extends z.ZodObject = z.ZodObject> {
	/** As `kind` in the configuration names it. */
	readonly kind: string;
	/** Whose identities its clicks carry. How far it is trusted follows from that: core/actor.ts. */
	readonly surface: Surface;
	readonly schema: S;
	/** Of npm, to install beside deadman. */
	readonly packages?: readonly string[];
	/** Its own conversation, as the platform names it. */
	own?(settings: z.output<S>): string;
	/** Does the platform post to us in this mode? */
	posts?(settings: z.output<S>): boolean;
	/** What else stands in its way; null: nothing. */
	examine?(settings: z.output<S>, program: ProgramSettings): Pick<Finding, "sentence" | "next"> | null;
}

/** What the adapter exports as `create`. Reads and opens nothing yet. */
export type CreateChannel<Settings> = (settings: Settings, parts: ChannelParts) => Delivery;

export interface ListedKind<S extends z.ZodObject = z.ZodObject> extends ChannelKind<S> {
	create(settings: z.output<S>, parts: ChannelParts): Promise<Delivery>;
}

/** The adapter is loaded when the first channel of its kind is made. */
export function loaded<S extends z.ZodObject>(
	kind: ChannelKind<S>,
	load: () => Promise<{ readonly create: CreateChannel<z.output<S>> }>,
): ListedKind<S> {
	return { ...kind, create: async (settings, parts) => (await load()).create(settings, parts) };
}
