// The key `delivery`: the channels to people, each with the settings of its kind, and the surfaces that come with them.
import { z } from "zod";
import type { ListedKind } from "../channel-kind.js";
import { channels } from "../channels.js";
import { ownSurfaces, type Surface, trustOf } from "../core/actor.js";

type Schemas<Kinds extends readonly ListedKind[]> = { readonly [Index in keyof Kinds]: Kinds[Index]["schema"] };

const schemas = channels.map(({ schema }) => schema) as unknown as Schemas<typeof channels>;
const channel = z.discriminatedUnion("kind", schemas);

export const delivery = z.array(channel).default([{ kind: "console" }]);

export type Channel = z.output<typeof channel>;

/** All that people, builders and programs may speak through. */
export const surfaces: readonly Surface[] = [
	...new Set(["cli", "page", "web", ...channels.map(({ surface }) => surface), ...ownSurfaces]),
];

export function kindOf({ kind }: Channel): ListedKind {
	const found = channels.find((one) => one.kind === kind);
	if (found === undefined) throw new Error(`There is no kind ${kind} of channels.`);
	return found;
}

/** A name's first letters to find it by; the kind where none is given. */
export function channelName({ kind, name: given }: Channel): string {
	return given ?? kind;
}

interface Problem {
	readonly path: string[];
	readonly message: string;
}

interface Surroundings {
	readonly hasPeople: boolean;
	readonly hasHttp: boolean;
}

/** Names that are taken twice, chats without people, platforms that could not post to us. */
export function deliveryProblems(configured: readonly Channel[], around: Surroundings): readonly Problem[] {
	const names = configured.map(channelName);
	const twice =
		names.length === new Set(names).size ? [] : ["Each channel has a name of its own; left out, it is the kind"];
	if (configured.filter((one) => trustOf(kindOf(one).surface) === "app").length > 1)
		twice.push("The program has one channel of its own.");
	return [
		...twice.map((message) => ({ path: ["delivery"], message })),
		...configured.flatMap((one, index) =>
			problemsOf(one, around).map((message) => ({ path: ["delivery", String(index)], message })),
		),
	];
}

function problemsOf(one: Channel, { hasPeople, hasHttp }: Surroundings): readonly string[] {
	const { surface, posts } = kindOf(one);
	const problems: string[] = [];
	if (trustOf(surface) === "chat" && !hasPeople)
		problems.push("In a chat anybody may click: name who may decide under `people`, with their identities there.");
	if (posts?.(one) === true && !hasHttp)
		problems.push("The platform posts to us, so the door over TCP has to be open: configure `http`.");
	return problems;
}
