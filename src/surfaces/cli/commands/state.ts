// `deadman state`: where the state lies and how large it is; moves it; gives a copy one of its own; takes one for this repository's.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readConfiguration } from "../../configuration.js";
import { configPathOf } from "../../location.js";
import { accepted } from "../session/failure.js";
import type { Common, Terminal } from "../session/session.js";
import { repositoryOf } from "../setup/git-folder.js";

const placeOf = ({ dir }: Common) => ({ cwd: process.cwd(), dir: dir ?? null });

export async function showState({ output, load }: Terminal, options: Common): Promise<void> {
	const configuration = accepted(await readConfiguration(placeOf(options)));
	const { states } = await load();
	const state = accepted(await states.report(configuration));
	output.result({ state }, () => {
		const { path, by, id, bytes, parts, fileSystem, together, workspaces } = state;
		const where = together ? "the repository's file system" : "another file system than the repository's";
		return [
			`${path} (${said[by] ?? by})`,
			id === null ? "It has no identity yet." : `Its identity is ${id}.`,
			`${sizeText(bytes)} on ${fileSystem}, ${where}.`,
			...parts.slice(0, shownParts).map((part) => `  ${sizeText(part.bytes).padStart(10)}  ${part.name}`),
			`Workspaces lie in ${workspaces}.`,
		].join("\n");
	});
}

const shownParts = 8;

const said: Readonly<Record<string, string>> = {
	configuration: "`stateDir` in the configuration says so",
	pointer: "`.deadman/state` says so",
	found: "found there",
	first: "not made yet",
};

function sizeText(bytes: number): string {
	const mebibytes = bytes / 1024 / 1024;
	return mebibytes >= 10 ? `${Math.round(mebibytes)} MiB` : `${mebibytes.toFixed(1)} MiB`;
}

export async function moveState({ output, load }: Terminal, to: string | undefined, options: Common): Promise<void> {
	const configuration = accepted(await readConfiguration(placeOf(options)));
	const { states } = await load();
	const moved = accepted(await states.move({ configuration, to: to ?? null }));
	const kept = moved.left.length === 0 ? [] : [`Left there, as it is not the state's: ${moved.left.join(", ")}.`];
	output.result({ moved }, () => [`The state lies in ${moved.to} now; it was in ${moved.from}.`, ...kept].join("\n"));
}

export async function newState({ output, load }: Terminal, options: Common): Promise<void> {
	const whose = await whoseOf(options);
	const { states } = await load();
	const path = accepted(await states.renew(whose));
	output.result(
		{ state: { path } },
		() => `This repository has an identity of its own now, and its state lies in ${path}.`,
	);
}

export async function adoptState(
	{ output, load }: Terminal,
	named: string | undefined,
	options: Common,
): Promise<void> {
	const whose = await whoseOf(options);
	const { states } = await load();
	const stateDir = named === undefined ? null : resolve(named);
	const path = accepted(await states.adopt({ ...whose, stateDir }));
	output.result({ state: { path } }, () => `The state in ${path} belongs to this repository now.`);
}

/** The repository alone: its configuration may be gone, and its pointer lead nowhere. */
async function whoseOf({ dir }: Common): Promise<{ readonly root: string; readonly configured: unknown }> {
	const { root } = accepted(await repositoryOf(resolve(process.cwd(), dir ?? ".")));
	const text = await readFile(configPathOf(root), "utf8").catch(() => "{}");
	try {
		return { root, configured: (JSON.parse(text) as { stateDir?: unknown } | null)?.stateDir };
	} catch {
		return { root, configured: undefined };
	}
}
