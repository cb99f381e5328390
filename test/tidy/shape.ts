// How a file looks: its length, its functions' lengths, its name, its opening comment. Looks at one source at a time.
import { childrenOf, lineAt, type Node, nodesOf, type Source } from "./sources.js";

export const lineLimits = { file: 400, function: 50 } as const;

const bannedNames = new Set(["utils", "util", "helpers", "helper", "common", "misc", "lib"]);

export function tooLong({ path, text }: Source): string[] {
	const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
	return lines > lineLimits.file ? [`${path} has ${lines} lines, more than ${lineLimits.file}`] : [];
}

/** A function that holds others is measured without those that it declares by name. */
export function longFunctions(source: Source): string[] {
	const functions = nodesOf(source, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression");
	return functions.flatMap((node) => {
		const lines = linesOf(source, node) - declaredWithin(node).reduce((sum, inner) => sum + linesOf(source, inner), 0);
		if (lines <= lineLimits.function) return [];
		return [
			`${source.path}:${lineAt(source, node.start)} a function has ${lines} lines, more than ${lineLimits.function}`,
		];
	});
}

function declaredWithin(node: Node): Node[] {
	return childrenOf(node).flatMap((child) => (child.type === "FunctionDeclaration" ? [child] : declaredWithin(child)));
}

function linesOf({ text }: Source, node: Node): number {
	return text.slice(node.start, node.end).split("\n").length;
}

export function badName({ path }: Source): string[] {
	const parts = path.split("/").map((part) => part.replace(/\..*$/, ""));
	return parts.some((part) => bannedNames.has(part)) ? [`${path} has a name that says nothing`] : [];
}

/** One to three sentences of prose, before anything else. */
export function unopened({ path, text, tree }: Source): string[] {
	if (tree === null) return [];
	const first = text.replace(/^#!.*\n/, "");
	return /^(\/\/ \S|\/\*\*? ?\n? ?\*? ?\S)/.test(first) ? [] : [`${path} does not open with a comment`];
}
