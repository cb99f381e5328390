// A shell script as its simple commands, far enough to see what it would run: those in substitutions and behind keywords too. Pure; runs and
// expands nothing.
import { type Command, forEachChild, parse, type Redirected, type Redirection, type SyntaxNode } from "unbash";

export interface SimpleCommand {
	/** Quotes are gone; what would be expanded stands there as it is written. */
	readonly words: readonly string[];
	/** Files that it writes by `>` and its like. */
	readonly writes: readonly string[];
	/** The text of a here-document or a here-string. */
	readonly input: string | null;
	/** Whether it reads what the command before it prints. */
	readonly piped: boolean;
}

/** More nesting than anybody writes is left unread. */
const deepest = 12;

/** Commands inside of substitutions come before the one that they stand in. */
export function commandsIn(script: string): SimpleCommand[] {
	const found: SimpleCommand[] = [];
	function visit(node: SyntaxNode, depth: number, piped: boolean): void {
		const level = node.type === "Script" ? depth + 1 : depth;
		if (level > deepest) return;
		const first = node.type === "Pipeline" ? node.commands[0] : null;
		forEachChild(node, (child) => visit(child, level, first !== null && child !== first));
		if (node.type === "Command" || node.type === "Redirected") found.push(simple(node, piped));
	}
	visit(parse(script), 0, false);
	return found;
}

function simple(node: Command | Redirected, piped: boolean): SimpleCommand {
	const name = node.type === "Command" && node.name !== undefined ? [node.name.value] : [];
	const rest = node.type === "Command" ? node.args : [];
	return {
		words: [...name, ...rest.map((word) => (word.type === "Word" ? word.value : word.text))],
		writes: node.redirects.flatMap(written),
		input: node.redirects.map(inputOf).findLast((text) => text !== null) ?? null,
		piped,
	};
}

/** `>&2` and `>&-` name no file. */
function written(redirection: Redirection): string[] {
	if (redirection.type !== "Redirect" || !redirection.operator.includes(">")) return [];
	const { operator, target } = redirection;
	const isFile = operator !== "<>" && !(operator === ">&" && /^[\d-]+$/.test(target?.value ?? ""));
	return isFile ? [target?.value ?? ""] : [];
}

function inputOf(redirection: Redirection): string | null {
	if (redirection.type === "HereDoc") return redirection.body.text;
	return redirection.type === "HereString" ? (redirection.target?.value ?? "") : null;
}
