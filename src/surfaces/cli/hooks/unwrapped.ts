// Which program a simple command runs in the end: past assignments, `sudo`, `env`, `timeout`, shells with `-c`, `eval`, `xargs` and the like.
import { commandsIn, type SimpleCommand } from "./shell-script.js";

export interface Run {
	/** The program's name without its folder, then its arguments. */
	readonly words: readonly [string, ...string[]];
	/** More arguments come from somewhere else. */
	readonly fed: boolean;
}

/** Programs that run another: their options that take a value, and how many operands come before it. */
const wrappers: Readonly<Record<string, { readonly valued?: RegExp; readonly operands?: number }>> = {
	sudo: { valued: /^(?:-[a-zA-Z]*[ughpCTrtDRU]|--(?:user|group|host|prompt|chdir|role|type))$/ },
	doas: { valued: /^-[uC]$/ },
	env: { valued: /^(?:-[uCS]|--(?:unset|chdir))$/ },
	nohup: {},
	command: {},
	builtin: {},
	exec: { valued: /^-a$/ },
	nice: { valued: /^(?:-n|--adjustment)$/ },
	ionice: { valued: /^-[cn]$/ },
	chrt: { operands: 1 },
	taskset: { operands: 1 },
	setsid: {},
	stdbuf: { valued: /^-[ioe]$/ },
	time: { valued: /^-[of]$/ },
	timeout: { valued: /^(?:-[sk]|--(?:signal|kill-after))$/, operands: 1 },
	flock: { valued: /^(?:-[wE]|--(?:timeout|conflict-exit-code))$/, operands: 1 },
	watch: { valued: /^(?:-n|--interval)$/ },
	strace: { valued: /^-[eopsSu]$/ },
	xargs: { valued: /^(?:-[aEIdLnPs]|--(?:arg-file|delimiter|max-args|max-procs|max-lines|replace))$/ },
	parallel: { valued: /^-[jnN]$/ },
	busybox: {},
	toybox: {},
	npx: { valued: /^(?:-p|--package)$/ },
	bunx: {},
	chroot: { operands: 1 },
	unshare: {},
	nsenter: { valued: /^-t$/ },
	"systemd-run": { valued: /^(?:-p|-u|--property|--unit)$/ },
};

const shells = /^(?:ba|z|da|k|mk|a|fi)?sh$/;
const feeders = /^(?:xargs|parallel)$/;
const assignment = /^[A-Za-z_]\w*\+?=/;
const deepest = 8;

/** Every program that the script would run, as far as it can be read. */
export function runsIn(script: string, depth = 0): Run[] {
	const commands = commandsIn(script);
	return commands.flatMap((command, index) => runsOf(command, commands[index - 1], depth));
}

function runsOf({ words, input, piped }: SimpleCommand, before: SimpleCommand | undefined, depth: number): Run[] {
	const printed = piped && /^(?:echo|printf)$/.test(before?.words[0] ?? "") ? before?.words.slice(1).join(" ") : null;
	return unwrap(words, { input: input ?? printed ?? null, fed: false, depth });
}

interface Way {
	readonly input: string | null;
	readonly fed: boolean;
	readonly depth: number;
}

function unwrap(given: readonly string[], way: Way): Run[] {
	const words = given.slice(leading(given, (word) => assignment.test(word)));
	const [path, ...rest] = words;
	if (path === undefined || way.depth > deepest) return [];
	const name = nameOf(path);
	const deeper = { ...way, depth: way.depth + 1 };
	if (shells.test(name)) return runsIn(scriptOf(rest) ?? way.input ?? "", deeper.depth);
	if (name === "eval") return runsIn(rest.join(" "), deeper.depth);
	if (name === "su" || name === "runuser") return runsIn(valueAfter(rest, /^(?:-\w*c|--command)$/) ?? "", deeper.depth);
	if (name === "find" || name === "fd") return found(rest).flatMap((inner) => unwrap(inner, { ...deeper, fed: true }));
	const inner = packaged(name, rest) ?? wrapped(name, rest);
	if (inner === null) return [{ words: [name, ...rest], fed: way.fed }];
	return unwrap(inner, { ...deeper, fed: way.fed || feeders.test(name) });
}

/** A program by a path of the project's own is no system tool, whatever it is called; `npx` takes a version behind the name. */
function nameOf(path: string): string {
	const name = path.slice(path.lastIndexOf("/") + 1).replace(/(?<=.)@.*$/, "");
	if (/^deadman(?:\.js)?$/.test(name)) return "deadman";
	return path.includes("/") && !/^\/|node_modules\//.test(path) ? path : name;
}

function leading<T>(list: readonly T[], is: (one: T) => boolean): number {
	const at = list.findIndex((one) => !is(one));
	return at < 0 ? list.length : at;
}

/** `-c`, alone or in a bundle such as `-lc`; the first operand is then the script. */
function scriptOf(words: readonly string[]): string | null {
	let isGiven = false;
	let at = 0;
	for (; /^[-+]./.test(words[at] ?? ""); at += 1) {
		if (words[at] === "--") return isGiven ? (words[at + 1] ?? null) : null;
		isGiven ||= /^-[a-z]*c[a-z]*$/.test(words[at] ?? "");
		if (/^[-+][a-z]*[oO]$/.test(words[at] ?? "")) at += 1;
	}
	return isGiven ? (words[at] ?? null) : null;
}

function valueAfter(words: readonly string[], option: RegExp): string | null {
	const at = words.findIndex((word) => option.test(word));
	return at < 0 ? null : (words[at + 1] ?? null);
}

function found(words: readonly string[]): string[][] {
	return words.flatMap((word, index) => {
		if (!/^(?:-exec|-execdir|-ok|-okdir|-x|--exec)$/.test(word)) return [];
		const rest = words.slice(index + 1);
		return [
			rest.slice(
				0,
				leading(rest, (one) => one !== ";" && one !== "+"),
			),
		];
	});
}

/** `pnpm exec X`, `npm exec -- X`, `yarn dlx X`, `node X.js`. */
function packaged(name: string, rest: readonly string[]): readonly string[] | null {
	if (/^(?:npm|pnpm|yarn|bun)$/.test(name) && /^(?:exec|dlx|x)$/.test(rest[0] ?? ""))
		return wrapped("npx", rest.slice(1));
	if (!/^(?:node|bun|tsx|deno)$/.test(name)) return null;
	const file = rest.findIndex((word) => /(?:^|\/)deadman(?:\.js)?$/.test(word));
	return file < 0 ? null : ["deadman", ...rest.slice(file + 1)];
}

function wrapped(name: string, rest: readonly string[]): readonly string[] | null {
	const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
	if (wrapper === undefined) return null;
	if (name === "command" && /^-[vV]$/.test(rest[0] ?? "")) return [];
	let at = 0;
	for (; /^-./.test(rest[at] ?? ""); at += 1) {
		if (rest[at] === "--") return rest.slice(at + 1 + (wrapper.operands ?? 0));
		if (wrapper.valued?.test(rest[at] ?? "")) at += 1;
	}
	at += leading(rest.slice(at), (word) => assignment.test(word));
	return rest.slice(at + (wrapper.operands ?? 0));
}
