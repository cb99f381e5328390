// Holds every call of refuse() against its template: what a sentence leaves open must be given, and each code must be used.
import { lineAt, type Node, nodesOf, type Source } from "./sources.js";

type Templates = Readonly<Record<string, { readonly message: string; readonly next: string }>>;

export function unfilledRefusals(source: Source, templates: Templates): string[] {
	return refuseCalls(source).flatMap(({ code, node, given }) => {
		const template = templates[code];
		if (template === undefined) return [`${source.path} refuses with ${code}, which is in no table`];
		if (given === null) return [];
		const missing = placeholdersOf(template).filter((name) => !given.has(name));
		const where = `${source.path}:${lineAt(source, node.start)}`;
		return missing.map((name) => `${where} refuses with ${code} and leaves {${name}} open`);
	});
}

export function unusedRefusals(sources: readonly Source[], templates: Templates): string[] {
	const used = new Set(
		sources
			.filter(({ path }) => path.startsWith("src/") && path !== "src/core/refusals.ts")
			.flatMap((source) => nodesOf(source, "Literal").map((node) => node.value)),
	);
	return Object.keys(templates)
		.filter((code) => !used.has(code))
		.map((code) => `no code refuses with ${code}`);
}

export function placeholdersOf({ message, next }: Templates[string]): string[] {
	return [...`${message} ${next}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
}

interface Call {
	readonly code: string;
	readonly node: Node;
	/** Null where the details are no literal, so that nobody can tell. */
	readonly given: ReadonlySet<string> | null;
}

function refuseCalls(source: Source): Call[] {
	return nodesOf(source, "CallExpression").flatMap((node) => {
		const [code, details] = node.arguments as Node[];
		if ((node.callee as Node).name !== "refuse" || typeof code?.value !== "string") return [];
		return [{ code: code.value, node, given: details === undefined ? new Set<string>() : keysOf(details) }];
	});
}

function keysOf(details: Node): ReadonlySet<string> | null {
	if (details.type !== "ObjectExpression") return null;
	const properties = details.properties as Node[];
	if (properties.some(({ type }) => type === "SpreadElement")) return null;
	return new Set(properties.map(({ key }) => String((key as Node).name ?? (key as Node).value)));
}
