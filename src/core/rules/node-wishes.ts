// Which Node a project says it wants, by the files that people and version managers write; and which of these wishes a version does not meet.
import { isInRange, parseRange } from "./version-range.js";

/** Texts by the name of the file, where it is there. */
export type WishTexts = Readonly<Partial<Record<(typeof wishFiles)[number], string>>>;

/** Read at the top of a tree. */
export const wishFiles = [".nvmrc", ".node-version", ".tool-versions", "package.json"] as const;

export interface NodeWish {
	/** Such as "`engines` in package.json". */
	readonly source: string;
	readonly wanted: string;
}

interface Manifest {
	readonly engines?: { readonly node?: unknown };
	readonly volta?: { readonly node?: unknown };
}

export function nodeWishes(texts: WishTexts): readonly NodeWish[] {
	const manifest = parsed(texts["package.json"]);
	const tools = /^nodejs?[ \t]+(\S+)/m.exec(texts[".tool-versions"] ?? "")?.[1];
	const said: readonly (readonly [string, unknown])[] = [
		[".nvmrc", firstLine(texts[".nvmrc"])],
		[".node-version", firstLine(texts[".node-version"])],
		[".tool-versions", tools],
		["`engines` in package.json", manifest.engines?.node],
		["`volta` in package.json", manifest.volta?.node],
	];
	return said.flatMap(([source, wanted]) =>
		typeof wanted === "string" && wanted.trim() !== "" ? [{ source, wanted: wanted.trim().slice(0, 80) }] : [],
	);
}

/** A wish that nobody understands is not met. */
export function unmetWishes(wishes: readonly NodeWish[], version: string): readonly NodeWish[] {
	return wishes.filter(({ wanted }) => {
		const range = parseRange(wanted);
		return range === null || !isInRange(version, range);
	});
}

function firstLine(text = ""): string {
	return (
		text
			.split("\n")
			.map((line) => line.replace(/#.*/, "").trim())
			.find((line) => line !== "") ?? ""
	);
}

function parsed(text = "{}"): Manifest {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? value : {};
	} catch {
		return {};
	}
}
