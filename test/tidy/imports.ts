// Who imports whom: extracts the imports of a source, holds them against the direction, finds circles and files that nothing reaches.
import { posix } from "node:path";
import { type Node, nodesOf, type Source } from "./sources.js";

export interface Import {
	readonly from: string;
	/** A path in the repository, `node:fs`, or the name of a package. */
	readonly to: string;
	readonly typeOnly: boolean;
}

export function importsOf(source: Source): Import[] {
	const nodes = nodesOf(
		source,
		"ImportDeclaration",
		"ExportNamedDeclaration",
		"ExportAllDeclaration",
		"ImportExpression",
		"TSImportType",
	);
	return nodes.flatMap((node) => {
		const specifier = (node.source as Node | null | undefined)?.value;
		if (typeof specifier !== "string") return [];
		return [{ from: source.path, to: resolve(source.path, specifier), typeOnly: isTypeOnly(node) }];
	});
}

function isTypeOnly(node: Node): boolean {
	if (node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type") return true;
	const specifiers = (node.specifiers as Node[] | undefined) ?? [];
	return specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type");
}

/** Compiled output stands for its source: `dist/core/words/card.js` is `src/core/words/card.ts`. */
function resolve(from: string, specifier: string): string {
	if (!specifier.startsWith(".")) return specifier;
	const path = posix.join(posix.dirname(from), specifier).replace(/^dist\//, "src/");
	return path.startsWith("src/") || from.endsWith(".ts") ? path.replace(/\.js$/, ".ts") : path;
}

/** Worker threads and child processes are started from the compiled output by path. */
export function entriesOf(source: Source): string[] {
	return nodesOf(source, "Literal")
		.map((node) => node.value)
		.filter((value): value is string => typeof value === "string" && /^\.{1,2}\/(.*\/)?[\w/-]+\.js$/.test(value))
		.map((value) => resolve(source.path, value));
}

interface Room {
	readonly of: RegExp;
	/** What it may import beside its own files; the first room that matches a path rules. */
	readonly may: readonly RegExp[];
}

const core = /^src\/core\//;
const ports = /^src\/ports\//;
const config = /^src\/config\//;
const engine = /^src\/engine\//;
const surfaces = /^src\/surfaces\//;
const app = /^src\/app\//;
const channelKind = /^src\/channel-kind\.ts$/;
const channels = /^src\/channels\.ts$/;
const adapters = /^src\/adapters\//;
const library = /^src\/library\.ts$/;
const state = /^src\/state\//;
const outside = /^(?!src\/)/;
const zod = /^zod$/;

const rooms: readonly Room[] = [
	{ of: core, may: [core] },
	{ of: ports, may: [core, ports] },
	{ of: state, may: [core, state, /^node:/] },
	{ of: channelKind, may: [config, core, ports, zod] },
	{ of: channels, may: [channelKind, adapters] },
	{ of: /^src\/config\/delivery\.ts$/, may: [config, core, channelKind, channels, zod] },
	{ of: config, may: [config, core, zod] },
	{ of: engine, may: [engine, core, ports] },
	{ of: adapters, may: [core, ports, config, state, channelKind, outside] },
	{ of: /^src\/surfaces\/cli\/commands\/mcp\.ts$/, may: [surfaces, core, /^src\/client\.ts$/, outside] },
	{ of: surfaces, may: [surfaces, engine, core, ports, config, state, outside] },
	{ of: /^src\/app\/main\.ts$/, may: [app, surfaces, adapters] },
	{ of: app, may: [app, core, ports, config, state, channelKind, engine, adapters, outside] },
	{ of: library, may: [core, ports, config, state, engine, app, surfaces, /^src\/adapters\/system\//, outside] },
	{ of: /^src\/index\.ts$/, may: [core, ports, config, engine, library] },
	{ of: /^src\/client\.ts$/, may: [/^node:/] },
];

export function wrongDirection(sources: readonly Source[]): string[] {
	return sources
		.filter(({ path, tree }) => path.startsWith("src/") && tree !== null)
		.flatMap((source) => {
			const room = rooms.find(({ of }) => of.test(source.path));
			if (room === undefined) return [`${source.path} lies in no room`];
			return importsOf(source)
				.filter(({ to }) => !isOwn(source.path, to) && !room.may.some((allowed) => allowed.test(to)))
				.map(({ from, to }) => `${from} may not import ${to}`);
		});
}

/** Rooms inside a room, from the lowest: each imports itself and those before it; rooms in one line see nothing of each other. "" is what lies beside them, "*" each that is not named. */
const orders: Readonly<Record<string, readonly (readonly string[])[]>> = {
	"src/core": [[""], ["rules"], ["agents", "people"], ["machine"], ["words"]],
	"src/adapters/channels": [[""], ["chat"], ["webhook"], ["*"]],
	"src/adapters/databases": [["child"], [""]],
	"src/engine": [["verbs"], ["base"], ["programs"], ["steps"], ["agents", "builders", "mail"], ["swaps"], [""]],
	"src/surfaces/cli": [["session"], ["setup"], ["agents", "hooks"], ["commands"], [""]],
	"src/surfaces/http": [["base"], ["schemas"], ["document", "figures", "gateway", "streams"], ["routes"], ["doors"]],
	"src/adapters/git": [
		["repository"],
		["trees"],
		["dependencies"],
		["releases"],
		["checkout"],
		["in-place", "private", "workspaces"],
		[""],
	],
};

export function wrongOrder(sources: readonly Source[]): string[] {
	return sources.flatMap((source) =>
		importsOf(source)
			.filter(({ to }) => houseOf(to) === houseOf(source.path) && isAbove(to, source.path))
			.map(({ from, to }) => `${from} may not import ${to}, which lies above or beside it`),
	);
}

function houseOf(path: string): string | undefined {
	return Object.keys(orders).find((house) => path.startsWith(`${house}/`));
}

function isAbove(to: string, from: string): boolean {
	const [one, other] = [roomIn(to), roomIn(from)];
	return one.name !== other.name && one.height >= other.height;
}

/** A room that no order names lies above all; where there is no order, all is one room. */
function roomIn(path: string): { readonly name: string; readonly height: number } {
	const house = houseOf(path);
	if (house === undefined) return { name: "", height: 0 };
	const order = orders[house] ?? [];
	const inside = path.slice(house.length + 1);
	const name = inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : "";
	const named = order.findIndex((line) => line.includes(name));
	const height = named < 0 ? order.findIndex((line) => line.includes("*")) : named;
	return { name, height: height < 0 ? order.length : height };
}

/** An adapter's own folder is its technology. */
function isOwn(from: string, to: string): boolean {
	const folder = /^src\/adapters\/[^/]+\//.exec(from)?.[0];
	return folder !== undefined && to.startsWith(folder);
}

/** Circles of files, imports of types included; each once, from its first file in the alphabet. */
export function circles(sources: readonly Source[]): string[] {
	const edges = new Map(sources.map((source) => [source.path, importsOf(source).map(({ to }) => to)]));
	const found = new Set<string>();
	const done = new Set<string>();
	function visit(path: string, trail: readonly string[]): void {
		const at = trail.indexOf(path);
		if (at >= 0) found.add(named(trail.slice(at)));
		if (at >= 0 || done.has(path)) return;
		for (const to of edges.get(path) ?? []) if (edges.has(to)) visit(to, [...trail, path]);
		done.add(path);
	}
	for (const path of [...edges.keys()].sort()) visit(path, []);
	return [...found].sort();
}

function named(circle: readonly string[]): string {
	const first = circle.indexOf([...circle].sort()[0] ?? "");
	const turned = [...circle.slice(first), ...circle.slice(0, first)];
	return [...turned, turned[0]].join(" → ");
}

/** Files of src that no entry reaches. */
export function unreached(sources: readonly Source[], entries: readonly string[]): string[] {
	const byPath = new Map(sources.map((source) => [source.path, source]));
	const reached = new Set<string>();
	const queue = [...entries];
	for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
		const source = byPath.get(path);
		if (source === undefined || reached.has(path)) continue;
		reached.add(path);
		queue.push(...importsOf(source).map(({ to }) => to), ...entriesOf(source));
	}
	return [...byPath.keys()].filter((path) => path.startsWith("src/") && !reached.has(path));
}
