// Holds the table of effect sites against the code: each is used, and only where its room lives. That none is made up, the compiler holds.
import { lineAt, type Node, nodesOf, type Source } from "./sources.js";

/** Rooms whose effects are inner to an adapter; all others belong to the engine. */
const adapterRooms = new Set(["releases", "privates", "inPlace", "checkout", "dependencies", "snapshots", "files"]);

interface Mention {
	/** `cutOver.flip`, with `*` where a part is computed. */
	readonly label: string;
	/** The words that the computed parts can stand for: every string in the file. */
	readonly words: ReadonlySet<string>;
}

export function unusedSites(sources: readonly Source[], sites: readonly string[]): string[] {
	const places = {
		engine: mentionsIn(sources, "src/engine/"),
		adapters: mentionsIn(sources, "src/adapters/"),
	};
	return sites
		.filter((site) => {
			const place = adapterRooms.has(roomOf(site)) ? places.adapters : places.engine;
			return !place.some((mention) => stands(mention, site));
		})
		.map((site) => `${site} is in the table, but its room never uses it`);
}

export function misplacedSites(sources: readonly Source[], sites: readonly string[]): string[] {
	return sources
		.filter(({ path }) => path.startsWith("src/") && path !== "src/core/machine/sites.ts")
		.flatMap((source) =>
			labelled(source).flatMap(({ label, node }) => {
				const home = adapterRooms.has(roomOf(label)) ? "src/adapters/" : "src/engine/";
				if (!sites.includes(label) || source.path.startsWith(home)) return [];
				return [`${source.path}:${lineAt(source, node.start)} uses ${label}, which belongs to ${home}`];
			}),
		);
}

function mentionsIn(sources: readonly Source[], folder: string): Mention[] {
	return sources
		.filter(({ path }) => path.startsWith(folder))
		.flatMap((source) => {
			const words = new Set(nodesOf(source, "Literal").map((node) => String(node.value)));
			return [...labelled(source), ...computed(source)].map(({ label }) => ({ label, words }));
		});
}

function stands({ label, words }: Mention, site: string): boolean {
	const wanted = site.split(".");
	return label.split(".").every((part, index) => {
		const word = wanted[index] ?? "";
		return part === word || (part === "*" && words.has(word));
	});
}

/** `around("releases.fill", ...)`: a string of the form room.name. Test names and file names never have that form alone. */
function labelled(source: Source): { label: string; node: Node }[] {
	return nodesOf(source, "Literal")
		.filter((node) => typeof node.value === "string" && /^[a-z]\w*\.[a-z]\w*$/i.test(node.value))
		.map((node) => ({ label: String(node.value), node }));
}

/** `${room}.start` reads as `*.start`. */
function computed(source: Source): { label: string; node: Node }[] {
	return nodesOf(source, "TemplateLiteral", "TSTemplateLiteralType")
		.map((node) => {
			const parts = (node.quasis as Node[]).map((part) => (part.value as { cooked: string }).cooked);
			return { label: parts.join("*"), node };
		})
		.filter(({ label }) => /^(\w+|\*)\.(\w+|\*)$/.test(label));
}

function roomOf(label: string): string {
	return label.slice(0, label.indexOf("."));
}
