// Finds the commands that a text tells its reader to type, and holds them against what the command line and package.json offer.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "./sources.js";

export interface Typed {
	/** Such as `workspace create`; empty for `deadman` alone. */
	readonly verbs: string;
	readonly flags: readonly string[];
}

/** What a program says for `--help` behind these words. */
export type Help = (verbs: readonly string[]) => Promise<string>;

/** From fenced blocks and from inline code; prose about deadman is no command. */
export function deadmanCommands(text: string): Typed[] {
	const code = codeIn(text)
		.join("\n")
		.replace(/"[^"\n]*"|'[^'\n]*'/g, "TEXT");
	return [
		...code.matchAll(
			/(?<![\w/.-])deadman((?: +(?!deadman\b)[a-z][a-z-]*(?![\w.-]))*)((?: +(?!deadman\b)[^\s|;&#`)]+)*)/g,
		),
	].map(([, verbs, rest]) => ({
		verbs: String(verbs).trim(),
		flags: [...String(rest).matchAll(/(?<=\s|\[)--[a-z][a-z-]*/g)].map(([flag]) => flag),
	}));
}

export function npmScripts(text: string): string[] {
	const code = codeIn(text).join("\n");
	return [...code.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => String(name));
}

function codeIn(text: string): string[] {
	const fenced = [...text.matchAll(/^```(?:sh|console|text|bash)\n([\s\S]*?)^```/gm)].map(([, code]) => String(code));
	const inline = [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => String(code));
	return [...fenced, ...inline];
}

/** Walks down the help page by page, so that a command of a command is looked up where it is listed. */
export async function unknownCommands(typed: readonly Typed[], help: Help): Promise<string[]> {
	const problems: string[] = [];
	for (const { verbs, flags } of typed) {
		const path: string[] = [];
		let page = await help(path);
		for (const verb of verbs === "" ? [] : verbs.split(/ +/)) {
			const offered = commandsIn(page);
			if (offered.length === 0) break;
			if (!offered.includes(verb)) problems.push(`\`deadman ${verbs}\`: there is no ${verb}`);
			if (!offered.includes(verb)) break;
			path.push(verb);
			page = await help(path);
		}
		const missing = flags.filter((flag) => !new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(page));
		problems.push(...missing.map((flag) => `\`deadman ${verbs}\`: there is no ${flag}`));
	}
	return [...new Set(problems)];
}

export function commandsIn(page: string): string[] {
	const listed = /^Commands:\n((?: .*\n?|\n(?= ))*)/m.exec(page)?.[1] ?? "";
	return [...listed.matchAll(/^ {2}([a-z][a-z|-]*)/gm)]
		.flatMap(([, names]) => String(names).split("|"))
		.filter((name) => name !== "help");
}

/** Asks the real command line; each page once. */
export function helpOf(bin: string): Help {
	const pages = new Map<string, Promise<string>>();
	return (verbs) => {
		const key = verbs.join(" ");
		const page = pages.get(key) ?? print(bin, verbs);
		pages.set(key, page);
		return page;
	};
}

async function print(bin: string, verbs: readonly string[]): Promise<string> {
	const run = promisify(execFile);
	const { stdout } = await run(process.execPath, [bin, ...verbs, "--help"], {
		cwd: root,
		env: { ...process.env, COLUMNS: "200", NO_COLOR: "1" },
	});
	return stdout;
}
