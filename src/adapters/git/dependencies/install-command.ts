// Which command installs a tree's dependencies, and by which package manager. Decides from the names at the top of a tree; runs nothing.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { installOf } from "../../../config/install.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import type { Command, DependencyContext } from "./dependency-context.js";
import { topEntries } from "./tracked-inputs.js";

export type Manager = "npm" | "pnpm" | "yarn" | "bun";

/** With one of these at the top of a tree its dependencies are installed; the first rules. */
const managersByLock = {
	"npm-shrinkwrap.json": "npm",
	"package-lock.json": "npm",
	"pnpm-lock.yaml": "pnpm",
	"yarn.lock": "yarn",
} as const satisfies Record<string, Manager>;

export const locks = Object.keys(managersByLock) as readonly (keyof typeof managersByLock)[];

/** What makes a lock file and installs nothing. */
export const lockCommands: Readonly<Record<Manager, string>> = {
	npm: "npm install --package-lock-only",
	pnpm: "pnpm install --lockfile-only",
	yarn: "yarn install --mode=update-lockfile",
	bun: "bun install --lockfile-only",
};

export interface Manifest {
	readonly dependencies?: object;
	readonly optionalDependencies?: object;
	readonly workspaces?: unknown;
	readonly packageManager?: unknown;
	readonly scripts?: Readonly<Record<string, unknown>>;
	readonly engines?: { readonly node?: unknown };
	readonly volta?: { readonly node?: unknown };
}

/** Null where it is no JSON object. */
export function parseManifest(text: string): Manifest | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
	} catch {
		return null;
	}
}

/** As package.json says, else npm. */
export function managerOf({ packageManager }: Manifest): Manager {
	const name = typeof packageManager === "string" ? packageManager.replace(/@.*$/, "") : "";
	return name === "pnpm" || name === "yarn" || name === "bun" ? name : "npm";
}

/** The managers whose lock files are among these names, the ruling one first. */
export function lockedBy(names: ReadonlySet<string>): { readonly lock: string; readonly manager: Manager }[] {
	return locks.filter((lock) => names.has(lock)).map((lock) => ({ lock, manager: managersByLock[lock] }));
}

/** As configured, else by the lock file that the tree holds; null: there is nothing to install. */
export async function installCommand(context: DependencyContext, release: ReleaseRef): Promise<Command | null> {
	const { command, withoutLock } = installOf(context.settings.install);
	if (command !== undefined) return command;
	const names = new Set((await topEntries(context, release.tree, ["package.json", ...locks])).keys());
	if (!names.has("package.json")) return null;
	const read = (name: string) => readFile(join(context.folder(release.id), name), "utf8");
	const [locked] = lockedBy(names);
	if (locked === undefined)
		return withoutLock ? withoutLockCommand(managerOf(parseManifest(await read("package.json")) ?? {})) : null;
	if (locked.manager === "npm") return ["npm", "ci", "--no-audit", "--no-fund"];
	if (locked.manager === "pnpm") return ["pnpm", "install", "--frozen-lockfile"];
	return ["yarn", "install", isBerry(await read("yarn.lock")) ? "--immutable" : "--frozen-lockfile"];
}

/** No lock file is left behind that nobody has reviewed. */
function withoutLockCommand(manager: Manager): Command {
	if (manager === "pnpm") return ["pnpm", "install", "--no-lockfile"];
	if (manager === "yarn") return ["yarn", "install", "--no-lockfile"];
	if (manager === "bun") return ["bun", "install", "--no-save"];
	return ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"];
}

/** Yarn 2 and later. */
export function isBerry(lock: string): boolean {
	return lock.includes("\n__metadata:");
}

/** A package manager's own install and nothing beside it: its result depends on what package managers read. Null for any other command. */
export function plainManager(command: Command): Manager | null {
	const text = typeof command === "string" ? command : command.join(" ");
	const found = /^(?:corepack )?(npm|pnpm|yarn|bun) (?:ci|install|i)(?: --[\w=-]+)*$/.exec(text.trim());
	return (found?.[1] as Manager | undefined) ?? null;
}
