// The supervisor's own bare repository: made on first use, its configuration rewritten and its leftovers cleared once per life. Nothing else is read after intake.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Commands, Files } from "../../ports.js";
import { initArgs } from "./argv.js";
import { exactAttributes, globalConfigText, repositoryConfigText, unfilteredAttributes } from "./environment.js";
import { createGit, type Git } from "./git.js";
import { type Layout, layoutOf } from "./layout.js";
import { endEarlierLives } from "./leftover-processes.js";
import { clearEarlierLeftovers } from "./leftovers.js";
import { locateOperator, type Operator } from "./operator.js";

export interface Own {
	readonly layout: Layout;
	readonly operator: Operator;
	/** In the own repository. */
	readonly git: Git;
}

export interface OwnOptions {
	readonly root: string;
	readonly stateDir: string;
	readonly commands: Commands;
	readonly files: Files;
}

const prepared = new Map<string, Promise<Own>>();

/** Once per life and state folder: the three ports of this folder share it. A failed try is tried again. */
export function openOwnRepository(options: OwnOptions): Promise<Own> {
	const known = prepared.get(options.stateDir);
	if (known !== undefined) return known;
	const opening = prepare(options).catch((error: unknown) => {
		prepared.delete(options.stateDir);
		throw error;
	});
	prepared.set(options.stateDir, opening);
	return opening;
}

async function prepare(options: OwnOptions): Promise<Own> {
	const layout = layoutOf(options.stateDir);
	await mkdir(layout.stateDir, { recursive: true, mode: 0o700 });
	await endEarlierLives(layout.stateDir);
	await rm(layout.scratch, { recursive: true, force: true });
	for (const folder of [layout.scratch, layout.releases, layout.dependencies, layout.workspaces, layout.logs]) {
		await mkdir(folder, { recursive: true });
	}
	const operator = await findOperator(options, layout);
	const git = createGit(options.commands, layout, [`--git-dir=${layout.own}`]);
	await makeRepositories(options, layout, operator.objectFormat);
	await clearEarlierLeftovers(layout);
	return { layout, operator, git };
}

/** The stand-in for `~/.gitconfig` names the folder first, and the git folder once that is known. */
async function findOperator({ root, files }: OwnOptions, layout: Layout): Promise<Operator> {
	const trust = (...folders: string[]) => writeIfDifferent(files, layout.globalConfig, globalConfigText(folders));
	await trust(root, join(root, ".git"));
	const operator = await locateOperator(root, layout);
	await trust(...new Set([root, join(root, ".git"), operator.gitDir, operator.commonDir]));
	return operator;
}

async function makeRepositories(options: OwnOptions, layout: Layout, objectFormat: string): Promise<void> {
	const plain = createGit(options.commands, layout, []);
	for (const [folder, bare, attributes] of [
		[layout.own, true, exactAttributes],
		[layout.lens, false, unfilteredAttributes],
	] as const) {
		if (!(await isRepository(folder))) await plain.run(initArgs(folder, objectFormat));
		await mkdir(join(folder, "info"), { recursive: true });
		await writeIfDifferent(options.files, join(folder, "info", "attributes"), attributes);
		await writeIfDifferent(options.files, join(folder, "config"), repositoryConfigText({ bare, objectFormat }));
	}
}

/** A killed `git init` may have left a folder without a head: it is made again in place. */
async function isRepository(folder: string): Promise<boolean> {
	const head = await readFile(join(folder, "HEAD"), "utf8").catch(() => "");
	const names = await readdir(folder).catch(() => [] as string[]);
	return head.startsWith("ref: ") && ["objects", "refs", "config"].every((name) => names.includes(name));
}

async function writeIfDifferent(files: Files, path: string, content: string): Promise<void> {
	const found = await readFile(path, "utf8").catch(() => null);
	if (found !== content) await files.writeAtomic(path, content, 0o600);
}
