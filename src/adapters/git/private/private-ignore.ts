// Whether the operator's git tracks a private folder, and keeping it out of `git status` where nothing ignores it. Changes only `info/exclude`.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { ignoredArgs, trackedArgs } from "../repository/argv.js";
import { createGit, type Git } from "../repository/git.js";
import { parsePaths } from "../repository/listing.js";
import type { PrivateContext } from "./private-context.js";

/** What git tracks would follow its branch, and be in everybody's copy. */
export async function trackedRefusal(context: PrivateContext): Promise<Refusal | null> {
	const { own, places, name } = context;
	if (own.operator.bare || places.length === 0) return null;
	const args = trackedArgs(places.map(({ folder }) => folder));
	const [path] = parsePaths((await operatorGit(context).run(args)).stdout);
	return path === undefined ? null : refuse("private_tracked", { path: JSON.stringify(path), target: name });
}

/** `.gitignore` lines that end with a slash name folders only, and a private folder is a link. */
export async function ignoreFolders(context: PrivateContext): Promise<void> {
	const { own, places, files } = context;
	if (own.operator.bare || places.length === 0) return;
	const ignored = new Set(await ignoredOf(context));
	const missing = places.map(({ folder }) => folder).filter((folder) => !ignored.has(folder));
	const info = join(own.operator.commonDir, "info");
	const before = await readFile(join(info, "exclude"), "utf8").catch(() => "");
	const known = new Set(before.split("\n"));
	const lines = missing.map(anchored).filter((line) => !known.has(line));
	if (lines.length === 0) return;
	await mkdir(info, { recursive: true });
	const apart = before === "" || before.endsWith("\n") ? "" : "\n";
	await files.writeAtomic(join(info, "exclude"), `${before}${apart}${lines.join("\n")}\n`, 0o644);
}

async function ignoredOf(context: PrivateContext): Promise<string[]> {
	const input = context.places.map(({ folder }) => `./${folder}\0`).join("");
	// It knows no literal paths; `./` keeps a colon from being read as one that is not.
	const env = { GIT_LITERAL_PATHSPECS: "0" };
	const { stdout } = await operatorGit(context).run(ignoredArgs(), { input, env, accept: [0, 1] });
	return parsePaths(stdout).map((path) => path.slice("./".length));
}

function operatorGit({ own, commands, root }: PrivateContext): Git {
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.gitDir}`, `--work-tree=${root}`]);
	return {
		run: (args, options) => git.run(args, { cwd: root, ...options }),
		text: (args, options) => git.text(args, { cwd: root, ...options }),
	};
}

function anchored(folder: string): string {
	return `/${folder.replaceAll(/[\\*?[]/g, "\\$&").replace(/ $/, "\\ ")}`;
}
