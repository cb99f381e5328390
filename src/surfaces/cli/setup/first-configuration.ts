// The first configuration of a repository: made up from what is found there, then written beside its schema and kept out of git.
import { chmod, mkdir, readdir, rmdir, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type Config, configJsonSchema, parseConfig } from "../../../config/config.js";
import { remoteSentence } from "../../../core/mounts.js";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { folderName } from "../../../state/pointer.js";
import { configPathOf } from "../../location.js";
import { accepted } from "../session/failure.js";
import type { Terminal } from "../session/session.js";
import { detect } from "./detection.js";
import { branchOf, excludeFromGit, type RepositoryFolder } from "./git-folder.js";
import { runnerHints } from "./runners.js";

/** Of one folder: what a swap may copy without being asked. */
const mostFiles = 20_000;
const mostBytes = 1024 * 1024 * 1024;

export interface First {
	readonly repository: RepositoryFolder;
	readonly path: string;
	readonly config: Config;
	/** Sentences about what was chosen and why, and about what will not work. */
	readonly chosen: readonly string[];
}

export interface Wishes {
	readonly run: string | null;
	readonly db: readonly string[];
}

/** Writes nothing. */
export async function firstConfiguration(
	{ load }: Pick<Terminal, "load">,
	repository: RepositoryFolder,
	wishes: Wishes,
): Promise<First | Refusal> {
	const { root } = repository;
	const path = configPathOf(root);
	if (await exists(path)) return refuse("config_exists", { path });
	const { program, chosen } = accepted(await detect(root, wishes.run));
	const databases = wishes.db.map((file) => relative(root, resolve(process.cwd(), file)));
	const folders = await foldersOf(root, databases);
	const config: Config = {
		$schema: "./config.schema.json",
		branch: await branchOf(repository),
		shared: await sharedOf(root, databases),
		files: folders.filter(({ isSmall }) => isSmall).map(({ path }) => ({ path })),
		databases: databases.map((database) => ({ path: database, policy: "restore" })),
		...program,
	};
	const settings = accepted(parseConfig(config, path));
	const { protect, troubles, unreleasable, farAway } = await load();
	if (databases.length > 0) accepted(await protect({ ...repository, settings }));
	const far = (await farAway({ root, settings })).map(({ path, kind }) => remoteSentence(path, kind));
	const refused = (await unreleasable(repository)).map(({ message, next }) => `${message} ${next}`);
	const warnings = [...refused, ...(await troubles({ root, settings }))];
	const hints = await runnerHints(root);
	return { repository, path, config, chosen: [...chosen, ...folders.map(aboutFolder), ...hints, ...far, ...warnings] };
}

/** Resolves with the state's folder: made first, so that a place that cannot be had leaves nothing behind. */
export async function writeFirst(
	{ load }: Pick<Terminal, "load">,
	{ repository, path, config }: First,
): Promise<string> {
	const { begin } = await load();
	const folder = join(repository.root, folderName);
	const isNew = !(await exists(folder));
	const stateDir = await begin({ root: repository.root });
	if (isRefusal(stateDir) && isNew) await rmdir(folder).catch(() => {});
	const place = accepted(stateDir);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await chmod(folder, 0o700);
	await writeFile(join(folder, "config.schema.json"), textOf(configJsonSchema()), { mode: 0o600 });
	await writeFile(path, textOf(config), { mode: 0o600, flag: "wx" });
	await excludeFromGit(repository);
	return place;
}

interface Folder {
	readonly path: string;
	readonly isSmall: boolean;
}

/** Where the databases lie, other files are likely. Each swap copies them while the program stands still, so large ones wait for an operator's word. */
async function foldersOf(root: string, databases: readonly string[]): Promise<Folder[]> {
	const tops = new Set(databases.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? path));
	return Promise.all([...tops].map(async (path) => ({ path, isSmall: await isSmall(join(root, path)) })));
}

async function isSmall(folder: string): Promise<boolean> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
	if (entries.length > mostFiles) return false;
	const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
	let bytes = 0;
	for (const file of files) bytes += (await stat(file).catch(() => null))?.size ?? 0;
	return bytes <= mostBytes;
}

function aboutFolder({ path, isSmall }: Folder): string {
	if (isSmall) return `A rollback puts the files in ${path} back, beside the databases.`;
	return `${path} holds many files: a rollback does not put them back unless you add an entry to \`files\`.`;
}

/** What releases must have in common: the data, and the secrets that git does not track. A folder says so by a slash; a database is a file. */
async function sharedOf(root: string, databases: readonly string[]): Promise<string[]> {
	const tops = databases.map((path) => (path.includes("/") ? `${path.split("/")[0]}/` : path));
	const env = (await exists(join(root, ".env"))) ? [".env"] : [];
	return [...new Set([...tops, ...env])];
}

function textOf(value: unknown): string {
	return `${JSON.stringify(value, null, 2)}\n`;
}

async function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}
