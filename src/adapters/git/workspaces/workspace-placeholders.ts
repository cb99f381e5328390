// Empty files where the operator keeps secrets: a builder's program finds its `.env`, and nothing in it. Git is told to ignore them.
import { lstat } from "node:fs/promises";
import { basename, join } from "node:path";
import { treePathsArgs } from "../repository/argv.js";
import { parsePaths } from "../repository/listing.js";
import { untrackedPaths } from "../repository/view.js";
import { normalShared } from "../trees/path-rules.js";
import { pathOf, type WorkspaceContext } from "./workspace-context.js";
import { excludeLine, ignore } from "./workspace-exclude.js";
import { registrationFolder, viewAt } from "./workspace-look.js";
import { excludePath } from "./workspace-making.js";
import { asBytes, openFolder, touchIn } from "./workspace-reach.js";

interface Placing {
	readonly name: string;
	readonly kind: "worktree" | "clone";
	readonly start: string;
}

/** Where one belongs: `.env` if the operator has one, and every shared file of that kind. What git tracks is left as it is. */
export async function placeholdersFor(context: WorkspaceContext, start: string): Promise<string[]> {
	const { own, folder, shared } = context;
	const env = await lstat(join(own.operator.root, ".env")).catch(() => null);
	const wanted = [...(env === null ? [] : [".env"]), ...shared.map(normalShared).filter(isSecretFile)];
	const view = viewAt(context, folder, join(own.layout.scratch, "none"));
	const tracked = parsePaths((await view.run(treePathsArgs(start))).stdout);
	return [...new Set(wanted)].filter((path) => !tracked.some((one) => one === path || one.startsWith(`${path}/`)));
}

const isSecretFile = (path: string) => /^\.env(\.|$)/.test(basename(path));

/** Puts them there; where nothing ignores one yet, the repository's own exclude file does from now on, so that `add --all` passes it by. */
export async function place(context: WorkspaceContext, { name, kind, start }: Placing): Promise<string[]> {
	const path = pathOf(context, name);
	const placed: string[] = [];
	const root = await openFolder(path);
	try {
		for (const one of await placeholdersFor(context, start)) {
			if (await touchIn(root, asBytes(one).split("/"))) placed.push(one);
		}
	} finally {
		await root.close();
	}
	const gitDir = kind === "clone" ? join(path, ".git") : await registrationFolder(context, path);
	const view = viewAt(context, path, join(gitDir ?? "", "index"));
	const seen = new Set(await untrackedPaths(view, context.own.operator));
	const exclude = kind === "clone" ? join(path, ".git", "info", "exclude") : excludePath(context);
	await ignore(context, exclude, placed.filter((one) => seen.has(one)).map(excludeLine));
	return placed;
}
