// `deadman init`: writes a first configuration beside its schema and keeps it out of git. Asks nothing, overwrites nothing.
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type Config, configJsonSchema, parseConfig } from "../../config.js";
import { refuse } from "../../core/refusals.js";
import { configPathOf } from "../location.js";
import { detect } from "./detection.js";
import { accepted } from "./failure.js";
import { branchOf, excludeFromGit, repositoryOf } from "./git-folder.js";
import type { Common, Terminal } from "./session.js";

export interface InitOptions extends Common {
	readonly run?: string;
	readonly db: readonly string[];
}

export async function init({ output }: Terminal, options: InitOptions): Promise<void> {
	const start = resolve(process.cwd(), options.dir ?? ".");
	const repository = accepted(await repositoryOf(start));
	const { root } = repository;
	const path = configPathOf(root);
	if (await exists(path)) accepted(refuse("config_exists", { path }));
	const { program, chosen } = accepted(await detect(root, options.run ?? null));
	const databases = options.db.map((file) => relative(root, resolve(process.cwd(), file)));
	const config: Config = {
		$schema: "./config.schema.json",
		branch: await branchOf(repository),
		shared: await sharedOf(root, databases),
		databases: databases.map((database) => ({ path: database, policy: "restore" })),
		...program,
	};
	accepted(parseConfig(config, path));
	await write(root, config);
	await excludeFromGit(repository);
	output.result({ config: path, chosen }, () => [`Wrote ${path}.`, ...chosen, ...nextSteps].join("\n"));
}

const nextSteps = ["Next: `deadman doctor` looks whether it fits, then `deadman run` starts the supervisor."];

/** What releases must have in common: the data, and the secrets that git does not track. */
async function sharedOf(root: string, databases: readonly string[]): Promise<string[]> {
	const tops = databases.map((path) => path.split("/")[0] ?? path);
	const env = (await exists(join(root, ".env"))) ? [".env"] : [];
	return [...new Set([...tops, ...env])];
}

async function write(root: string, config: Config): Promise<void> {
	const folder = join(root, ".deadman");
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await chmod(folder, 0o700);
	await writeFile(join(folder, "config.schema.json"), textOf(configJsonSchema()), { mode: 0o600 });
	await writeFile(configPathOf(root), textOf(config), { mode: 0o600, flag: "wx" });
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
