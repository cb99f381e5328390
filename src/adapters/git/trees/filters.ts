// Which files of a tree or an index are under a git `filter`: what a checkout shows of them is not what git stores. Attributes are read as the operator's git
// reads them, with the repository's own file and the operator's; no filter is ever run.
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Commands } from "../../../ports/ports.js";
import { filterAttributeArgs, listTreeArgs, readTreeArgs, stagedEntriesArgs } from "../repository/argv.js";
import { asFlags } from "../repository/environment.js";
import { createGit } from "../repository/git.js";
import type { Layout } from "../repository/layout.js";
import { parsePaths, parseTree, SHOWN_UNRELEASABLE, shownPaths, type TreeEntry } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";

export interface Filtered {
	readonly path: string;
	readonly filter: string;
}

/** Null where there are none. */
export function filtersRefused(whose: string, filtered: readonly Filtered[]): Refusal | null {
	if (filtered.length === 0) return null;
	const names = new Set(filtered.map(({ filter }) => filter));
	const paths = filtered.map(({ path }) => path);
	return refuse("filters_unsupported", {
		whose,
		filters: shownPaths([...names]),
		paths: shownPaths(paths, SHOWN_UNRELEASABLE),
	});
}

let questions = 0;

/** Of a tree in the own repository, through an index of its own: git 2.39 reads attributes from no tree. */
export async function filtersOfTree(own: Own, commands: Commands, tree: string): Promise<readonly Filtered[]> {
	const { layout, operator } = own;
	const entries = await parseTree((await own.git.run(listTreeArgs(tree))).stdout);
	const attributesFile = await operatorsAttributes(commands, operator);
	const files = [join(operator.commonDir, "info", "attributes"), attributesFile, SYSTEM];
	if (!(await speakOfFilters(own, entries, files))) return [];
	questions += 1;
	const index = join(layout.scratch, `attributes-${questions}`);
	const env = { GIT_INDEX_FILE: index, GIT_OBJECT_DIRECTORY: join(layout.own, "objects") };
	try {
		await own.git.run(readTreeArgs(tree), { env: { GIT_INDEX_FILE: index } });
		const paths = entries.filter(isFile).flatMap(({ path }) => path ?? []);
		return await ask({ commands, layout, gitDir: operator.gitDir, cwd: layout.stateDir, attributesFile }, paths, env);
	} finally {
		await rm(index, { force: true });
	}
}

export interface Unmade {
	readonly root: string;
	readonly gitDir: string;
	readonly layout: Layout;
	readonly commands: Commands;
}

/** What the operator's index holds that no release can: for whoever has no state folder yet. */
export async function unreleasableInIndex(unmade: Unmade): Promise<readonly Refusal[]> {
	const { root, gitDir, layout, commands } = unmade;
	const git = createGit(commands, layout, [`--git-dir=${gitDir}`, `--work-tree=${root}`]);
	const staged = parsePaths((await git.run(stagedEntriesArgs(), { cwd: root })).stdout);
	const entries = staged.map((line) => ({ mode: line.slice(0, 6), path: line.slice(line.indexOf("\t") + 1) }));
	const attributesFile = await operatorsAttributes(commands, unmade);
	const paths = entries.filter(isFile).map(({ path }) => path);
	const filtered = await ask({ commands, layout, gitDir, cwd: root, attributesFile }, paths, {});
	const whose = "The repository";
	return [submodulesRefused(whose, submodulesOf(entries)), filtersRefused(whose, filtered)].flatMap((one) => one ?? []);
}

type Entry = Pick<TreeEntry, "mode" | "path">;

const isFile = ({ mode }: Pick<Entry, "mode">) => mode.startsWith("100");

export function submodulesOf(entries: readonly Entry[]): string[] {
	return entries.flatMap(({ mode, path }) => (mode === "160000" && path !== null ? [path] : []));
}

/** Null where there are none. */
export function submodulesRefused(whose: string, paths: readonly string[]): Refusal | null {
	if (paths.length === 0) return null;
	return refuse("submodules_unsupported", { whose, paths: shownPaths(paths, SHOWN_UNRELEASABLE) });
}

interface Asking {
	readonly commands: Commands;
	readonly layout: Layout;
	readonly gitDir: string;
	readonly cwd: string;
	readonly attributesFile: string;
}

async function ask(asking: Asking, paths: readonly string[], env: Readonly<Record<string, string>>) {
	const { commands, layout, gitDir, cwd, attributesFile } = asking;
	if (paths.length === 0) return [];
	const git = createGit(commands, layout, [`--git-dir=${gitDir}`]);
	const args = [...asFlags([`core.attributesFile=${attributesFile}`]), ...filterAttributeArgs()];
	const { GIT_ATTR_NOSYSTEM = "0" } = process.env;
	const input = paths.map((path) => `${path}\0`).join("");
	const { stdout } = await git.run(args, { cwd, input, env: { GIT_ATTR_NOSYSTEM, ...env } });
	const fields = parsePaths(stdout);
	const filtered: Filtered[] = [];
	for (let at = 0; at + 2 < fields.length; at += 3) {
		const [path = "", , filter = ""] = fields.slice(at, at + 3);
		if (!unfiltered.has(filter)) filtered.push({ path, filter });
	}
	return filtered;
}

/** What git says of an attribute without a value: none of these names a filter. */
const unfiltered: ReadonlySet<string> = new Set(["unspecified", "unset", "set"]);

const SYSTEM = "/etc/gitattributes";

/** Where the operator's own attributes stand: as their git would answer, else at the usual place. A missing file is fine. */
async function operatorsAttributes(
	commands: Commands,
	{ root, gitDir }: { readonly root: string; readonly gitDir: string },
): Promise<string> {
	const { env } = process;
	const names = ["PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
	const known = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
	const command = ["git", `--git-dir=${gitDir}`, "config", "--type=path", "--get", "core.attributesFile"];
	const limits = { timeoutMs: 10_000, maxOutputBytes: 65_536 };
	const answer = await commands
		.run({ command, cwd: root, env: { ...Object.fromEntries(known), LC_ALL: "C" }, ...limits })
		.catch(() => null);
	const named = answer?.stdout.toString("utf8").replace(/\n$/, "") ?? "";
	const home = env.XDG_CONFIG_HOME || join(env.HOME ?? "/nonexistent", ".config");
	const path = named === "" ? join(home, "git", "attributes") : named;
	return (await isPlain(path)) ? path : "/dev/null";
}

/** Whoever asks git about a hundred thousand files waits; where no attributes speak of a filter, nobody has to. */
async function speakOfFilters(own: Own, entries: readonly TreeEntry[], files: readonly string[]): Promise<boolean> {
	for (const file of files) {
		if ((await isPlain(file)) && (await readFile(file)).includes("filter")) return true;
	}
	const committed = entries.filter((entry) => isFile(entry) && /(^|\/)\.gitattributes$/.test(entry.shown));
	if (committed.length === 0) return false;
	const input = committed.map(({ oid }) => `${oid}\n`).join("");
	return (await own.git.run(["cat-file", "--batch"], { input })).stdout.includes("filter");
}

/** A pipe in its place would be waited for. */
async function isPlain(path: string): Promise<boolean> {
	return (await stat(path).catch(() => null))?.isFile() === true;
}
