// Reads the repository for the tidy rules: every file once, parsed where it is code. Knows no rule.
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseAst } from "vitest/node";

/** A node of the syntax tree (ESTree with types), as far as the rules look at it. */
export interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly [key: string]: unknown;
}

export interface Source {
	/** Relative to the repository, with slashes. */
	readonly path: string;
	readonly text: string;
	/** Null where the file is no code. */
	readonly tree: Node | null;
}

export const root = join(import.meta.dirname, "../..");

const skipped = new Set(["node_modules", "dist", "coverage", ".git", ".deadman"]);

export async function readSources(folder = root): Promise<Source[]> {
	const entries = await readdir(folder, { withFileTypes: true });
	const found = await Promise.all(
		entries.map(async (entry): Promise<Source[]> => {
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return skipped.has(entry.name) ? [] : readSources(path);
			return entry.isFile() ? [source(relative(root, path), await readFile(path, "utf8"))] : [];
		}),
	);
	return found.flat().sort((one, other) => (one.path < other.path ? -1 : 1));
}

export function source(path: string, text: string): Source {
	const language = /\.(ts|js|mjs)$/.exec(path)?.[1];
	if (language === undefined) return { path, text, tree: null };
	const code = text.replace(/^#!.*/, (line) => "/".repeat(line.length));
	return { path, text, tree: parseAst(code, { lang: language === "ts" ? "ts" : "js" }) as unknown as Node };
}

/** Every node below and including `node`, parents first. */
export function* walk(node: Node): Generator<Node> {
	yield node;
	for (const child of childrenOf(node)) yield* walk(child);
}

export function childrenOf(node: Node): Node[] {
	return Object.values(node)
		.flatMap((value) => (Array.isArray(value) ? value : [value]))
		.filter(isNode);
}

export function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** Every node of one type in a source. */
export function nodesOf({ tree }: Source, ...types: readonly string[]): Node[] {
	return tree === null ? [] : [...walk(tree)].filter((node) => types.includes(node.type));
}

export function lineAt({ text }: Source, offset: number): number {
	return text.slice(0, offset).split("\n").length;
}
