// What code outside the adapters must not call: clocks, timers, child processes and the exit. Core must not even wait.
import { importsOf } from "./imports.js";
import { lineAt, type Node, nodesOf, type Source } from "./sources.js";

const bannedMembers = new Set(["Date.now", "process.exit", "process.abort"]);
const bannedFunctions = new Set(["setTimeout", "setInterval", "setImmediate", "Date"]);
const bannedImports = new Set(["node:child_process", "child_process", "execa"]);

/** Clocks and waiting by other names; the command line may, it is a short-lived process beside the supervisor. */
const timingMembers = new Set(["performance.now", "process.hrtime"]);
const timingImports = new Set(["node:timers", "node:timers/promises"]);

/** The client runs in somebody else's process, so its timers are not ours. */
export function bannedCalls(source: Source): string[] {
	const { path } = source;
	if (!path.startsWith("src/") || path.startsWith("src/adapters/") || path === "src/client.ts") return [];
	const times = path.startsWith("src/surfaces/cli/");
	const calls = nodesOf(source, "CallExpression", "NewExpression").filter((node) => isBanned(node, times));
	const imports = importsOf(source).filter(({ to }) => bannedImports.has(to) || (timingImports.has(to) && !times));
	return [
		...calls.map((node) => `${path}:${lineAt(source, node.start)} calls ${source.text.slice(node.start, node.end)}`),
		...imports.map(({ to }) => `${path} imports ${to}`),
	];
}

function isBanned(node: Node, times: boolean): boolean {
	const callee = node.callee as Node;
	if (node.type === "NewExpression") return callee.name === "Date" && (node.arguments as Node[]).length === 0;
	if (callee.type === "Identifier") return bannedFunctions.has(String(callee.name));
	if (callee.type !== "MemberExpression") return false;
	const object = callee.object as Node;
	const property = callee.property as Node;
	const name = `${String(object.name)}.${String(property.name)}`;
	if (timingMembers.has(name)) return !times;
	return bannedMembers.has(name) || (object.name === "globalThis" && bannedFunctions.has(String(property.name)));
}

/** Core is pure: it neither waits nor knows a clock or a source of chance. */
export function impurities(source: Source): string[] {
	if (!source.path.startsWith("src/core/")) return [];
	const waiting = nodesOf(source, "AwaitExpression", "ForOfStatement").filter(
		(node) => node.type === "AwaitExpression" || node.await === true,
	);
	const async = nodesOf(source, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression").filter(
		(node) => node.async === true,
	);
	const worldly = nodesOf(source, "Identifier").filter((node) => worldlyNames.has(String(node.name)));
	return [...waiting, ...async, ...worldly].map(
		(node) =>
			`${source.path}:${lineAt(source, node.start)} is not pure: ${source.text.slice(node.start, node.end).slice(0, 60)}`,
	);
}

const worldlyNames = new Set(["Date", "process", "crypto", "performance", "globalThis", "console", "fetch", "Promise"]);
