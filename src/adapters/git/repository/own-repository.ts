// The supervisor's own bare repository: made on first use, its configuration put right and its leftovers cleared once per life. Nothing else is read after
// intake. What is right already is not written again, and tidying that fails is told: a rollback may need this on a full or read-only disk.
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { Commands, Files, Log } from "../../../ports/ports.js";
import { initArgs } from "./argv.js";
import {
	exactAttributes,
	globalConfigText,
	repositoryConfigText,
	trusts,
	unfilteredAttributes,
} from "./environment.js";
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
	readonly log: Log;
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
	await tidy(options, layout.scratch, () => emptyFolder(layout.scratch));
	for (const folder of [layout.scratch, layout.releases, layout.dependencies, layout.logs]) {
		await mkdir(folder, { recursive: true });
	}
	const operator = await findOperator(options, layout);
	const git = createGit(options.commands, layout, [`--git-dir=${layout.own}`]);
	await makeRepositories(options, layout, operator.objectFormat);
	await tidy(options, layout.own, () => clearEarlierLeftovers(layout));
	return { layout, operator, git };
}

async function tidy({ log }: OwnOptions, folder: string, work: () => Promise<void>): Promise<void> {
	await work().catch((error: unknown) => log.warn("repository.untidy", { folder, error: String(error) }));
}

/** The folder itself stays: making it again needs room. */
async function emptyFolder(folder: string): Promise<void> {
	for (const name of await readdir(folder).catch(ifAbsent([]))) {
		await rm(join(folder, name), { recursive: true, force: true });
	}
}

/** The stand-in for `~/.gitconfig` names the folder first, and the git folder once that is known. One of an earlier life that names enough is left. */
async function findOperator({ root, files }: OwnOptions, layout: Layout): Promise<Operator> {
	const first = [root, join(root, ".git")];
	const known = await readFile(layout.globalConfig, "utf8").catch(ifAbsent(""));
	if (!trusts(known, first)) await files.writeAtomic(layout.globalConfig, globalConfigText(first), 0o600);
	const operator = await locateOperator(root, layout);
	const all = new Set([...first, operator.gitDir, operator.commonDir]);
	await writeIfDifferent(files, layout.globalConfig, globalConfigText([...all]));
	return operator;
}

async function makeRepositories(options: OwnOptions, layout: Layout, objectFormat: string): Promise<void> {
	for (const [folder, bare, attributes] of [
		[layout.own, true, exactAttributes],
		[layout.view, false, unfilteredAttributes],
	] as const) {
		const config = repositoryConfigText({ bare, objectFormat });
		if (!(await options.files.exists(folder))) await makeDurably(options, layout, { folder, objectFormat });
		await repair(options.files, folder);
		await mkdir(join(folder, "info"), { recursive: true });
		await writeIfDifferent(options.files, join(folder, "info", "attributes"), attributes);
		await writeIfDifferent(options.files, join(folder, "config"), config);
	}
}

/** git syncs nothing of a new repository: it gets its name only when all of it would survive a power cut. */
async function makeDurably(
	{ commands, files }: OwnOptions,
	layout: Layout,
	{ folder, objectFormat }: { readonly folder: string; readonly objectFormat: string },
): Promise<void> {
	const fresh = `${folder}.new`;
	await files.remove(fresh);
	await createGit(commands, layout, []).run(initArgs(fresh, objectFormat));
	await files.syncTree(fresh);
	await rename(fresh, folder);
	await files.syncFolder(dirname(folder));
}

/** Without a head git takes the folder for none of its own; what the head says does not matter here. */
async function repair(files: Files, folder: string): Promise<void> {
	const head = await readFile(join(folder, "HEAD"), "utf8").catch(ifAbsent(""));
	if (!head.startsWith("ref: ")) await files.writeAtomic(join(folder, "HEAD"), "ref: refs/heads/main\n", 0o600);
	for (const name of ["objects", "refs"]) await mkdir(join(folder, name), { recursive: true });
}

async function writeIfDifferent(files: Files, path: string, content: string): Promise<void> {
	const found = await readFile(path, "utf8").catch(ifAbsent(null));
	if (found !== content) await files.writeAtomic(path, content, 0o600);
}
