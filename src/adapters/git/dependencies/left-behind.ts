// What an install has left in a release beside the tracked files: whether other releases can have the same, and whether anything secret is in it.
import { lstat, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { limits } from "../../../core/limits.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { readTreeArgs, untrackedTopArgs } from "../repository/argv.js";
import { createGit } from "../repository/git.js";
import { jobMarker } from "../repository/leftover-processes.js";
import { parsePaths, shownPaths } from "../repository/listing.js";
import type { DependencyContext } from "./dependency-context.js";
import { listFolder, lookAt } from "./folder-listing.js";

/** Paths relative to the release. `placed`: files that name the release's folder, which is another's in every other release. */
export interface Left {
	readonly roots: readonly string[];
	readonly placed: readonly string[];
	readonly bytes: number;
	readonly files: number;
}

/** Why what was left is of one release alone; null: it left nothing. */
export interface OwnAlone {
	readonly why: string | null;
}

const MOST_ROOTS = 2_000;
const MOST_PLACED = 10_000;
const MOST_PLACED_BYTES = 4 * 1024 * 1024;

/** Yarn's files at the top, where it makes no `node_modules`. */
const plugAndPlay = new Set([".pnp.cjs", ".pnp.data.json", ".pnp.loader.mjs", ".yarn"]);

export async function leftBehind(context: DependencyContext, release: ReleaseRef): Promise<Left | OwnAlone> {
	const roots = await untracked(context, release);
	const other = roots.find((root) => basename(root) !== "node_modules" && !plugAndPlay.has(root.replace(/\/.*/, "")));
	if (other !== undefined) return { why: `the install left ${JSON.stringify(other)} beside node_modules` };
	if (roots.length === 0) return { why: null };
	if (roots.length > MOST_ROOTS) return { why: `the install left ${roots.length} folders` };
	const folder = context.folder(release.id);
	const { signal } = context;
	const { strayLink, bytes, files } = await lookAt(await listFolder(context.commands, { folder, roots, signal }));
	if (strayLink !== null) return { why: `${JSON.stringify(strayLink)} leads out of the release` };
	const placed = await filesNaming(context, release, { texts: [folder], roots, binary: false });
	if (placed.length > MOST_PLACED) return { why: `${placed.length} files name the release's folder` };
	for (const path of placed) {
		if ((await lstat(join(folder, path))).size > MOST_PLACED_BYTES)
			return { why: `the large file ${path} names its folder` };
	}
	return { roots, placed, bytes, files };
}

/** The topmost paths that git does not track and that no release shares, whatever is ignored. */
async function untracked(context: DependencyContext, release: ReleaseRef): Promise<string[]> {
	const { own, settings, commands } = context;
	const { layout } = own;
	const folder = context.folder(release.id);
	const index = join(layout.scratch, `left-${release.id}`);
	const git = createGit(commands, layout, [`--git-dir=${layout.own}`, `--work-tree=${folder}`]);
	const placed = { cwd: folder, env: { ...jobMarker(layout.stateDir, release.id), GIT_INDEX_FILE: index } };
	try {
		await git.run(readTreeArgs(release.tree), placed);
		const found = parsePaths((await git.run(untrackedTopArgs(), placed)).stdout).map((path) => path.replace(/\/$/, ""));
		const isShared = (path: string) =>
			settings.shared.some((one) => one.path === path || one.path.startsWith(`${path}/`));
		return found.filter((path) => !isShared(path)).sort();
	} finally {
		await rm(index, { force: true });
	}
}

interface Naming {
	readonly texts: readonly string[];
	readonly roots: readonly string[];
	readonly binary: boolean;
}

/** Paths of files that hold any of the texts, which travel by standard input: arguments can be read by everybody. */
async function filesNaming(
	{ commands, own, folder, signal }: DependencyContext,
	release: ReleaseRef,
	{ texts, roots, binary }: Naming,
): Promise<string[]> {
	const { stdout } = await commands.run({
		command: ["grep", binary ? "-arlZF" : "-IrlZF", "--file=-", "--", ...roots.map((root) => `./${root}`)],
		cwd: folder(release.id),
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", ...jobMarker(own.layout.stateDir, release.id) },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.gitOutputBytes,
		input: texts.map((text) => `${text}\n`).join(""),
		// Nothing is found; or something cannot be read, such as a socket.
		accept: [0, 1, 2],
		...(signal === undefined ? {} : { signal }),
	});
	return parsePaths(stdout).map((path) => path.replace(/^\.\//, ""));
}

const SHORTEST_SECRET = 6;

/** A program, or who reads a release, must not find what only the install was given. */
export async function assertNoSecrets(
	context: DependencyContext,
	release: ReleaseRef,
	secrets: readonly string[],
): Promise<void> {
	const texts = secrets.flatMap((secret) => secret.split("\n")).filter((line) => line.length >= SHORTEST_SECRET);
	if (texts.length === 0) return;
	const roots = await untracked(context, release);
	const found = roots.length === 0 ? [] : await filesNaming(context, release, { texts, roots, binary: true });
	if (found.length === 0) return;
	throw new Error(
		`The install left a secret of its own in release ${release.id}: ${shownPaths(found)}. Nothing is released with it.`,
	);
}

/** What names one release's folder names another's from now on. A file that others have under a second name becomes one of its own. */
export async function rewritePlaced(
	{ folder, placed }: { readonly folder: string; readonly placed: readonly string[] },
	{ from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
	for (const path of placed) {
		const full = join(folder, path);
		const [{ mode }, text] = [await lstat(full), await readFile(full, "latin1")];
		const [old, next] = [from, to].map((one) => Buffer.from(one).toString("latin1"));
		const fresh = `${full}.deadman-tmp`;
		await writeFile(fresh, text.replaceAll(old ?? from, next ?? to), { encoding: "latin1", mode: mode & 0o7777 });
		await rename(fresh, full);
	}
}

/** Yarn's table of packages must not lead to the home of the install, which is gone when the program runs. */
export async function assertOutlives(context: DependencyContext, release: ReleaseRef, home: string): Promise<void> {
	for (const name of [".pnp.cjs", ".pnp.data.json"]) {
		const text = await readFile(join(context.folder(release.id), name), "utf8").catch(() => "");
		if (!text.includes(`/${basename(home)}/.yarn/`)) continue;
		throw new Error(
			`${name} leads to packages in the home of the install, which the program will not find. Set \`enableGlobalCache: false\` in .yarnrc.yml.`,
		);
	}
}
