// Makes the folder of a workspace: a worktree on a branch of its own, or a clone that shares nothing with anybody. Killed half-way, it is begun anew.
import { lstat, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { updateRefArgs } from "../repository/argv.js";
import { repositoryConfigText } from "../repository/environment.js";
import { createGit } from "../repository/git.js";
import { registeredNames, withIntent } from "../repository/intents.js";
import { lineEndings } from "../repository/view.js";
import { ask, branchOf, pathOf, refIntent, removedRef, type WorkspaceContext } from "./workspace-context.js";
import { ignore, OUTCOME_RULE } from "./workspace-exclude.js";
import { fill, registrationFolder } from "./workspace-look.js";
import { fillClone } from "./workspace-objects.js";
import { HALF_MADE } from "./workspace-survey.js";

export interface Making {
	readonly name: string;
	readonly start: string;
}

export async function makeWorktree(context: WorkspaceContext, { name, start }: Making): Promise<void> {
	await assertNoLinks(context, name);
	const path = pathOf(context, name);
	const lock = ["--lock", "--reason", HALF_MADE];
	const add = ["worktree", "add", "--quiet", "--no-checkout", ...lock, "-b", branchOf(name), path, start];
	const intent = refIntent(context, { ref: `refs/heads/${branchOf(name)}`, commits: [start] });
	const adding = { reason: HALF_MADE, known: await registeredNames(context.own.operator.commonDir) };
	await withIntent(context.own, { ...intent, adding }, () => ask(context).raw(add));
	const admin = await registrationFolder(context, path);
	if (admin === null) throw new Error(`git did not register the worktree ${path}.`);
	await fill(context, { path, index: join(admin, "index"), commit: start });
	await ask(context).raw(["worktree", "unlock", path]);
}

/** Where git would write for us, every folder on the way must be one: builders of other worktrees can write there too. */
async function assertNoLinks({ own }: WorkspaceContext, name: string): Promise<void> {
	const { commonDir } = own.operator;
	const branch = `refs/heads/${branchOf(name)}`;
	for (const path of [`worktrees/${name}`, branch, `logs/${branch}`, removedRef(name), "objects/pack"]) {
		for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
			const folder = join(commonDir, path.slice(0, end));
			if ((await lstat(folder).catch(() => null))?.isSymbolicLink() !== true) continue;
			throw new Error(`${folder} is a link, so that git would write elsewhere: put a folder in its place.`);
		}
	}
}

/** Its objects are its own, its history begins at the start, and it knows no remote. */
export async function makeClone(context: WorkspaceContext, { name, start }: Making): Promise<void> {
	const { commands, files, own } = context;
	const path = pathOf(context, name);
	const gitDir = join(path, ".git");
	const format = own.operator.objectFormat;
	await mkdir(path);
	const init = [
		"init",
		"--quiet",
		"--template=",
		`--initial-branch=${branchOf(name)}`,
		`--object-format=${format}`,
		path,
	];
	await createGit(commands, own.layout, []).run(init);
	await writeFile(join(gitDir, "config"), await configText(context));
	await mkdir(join(gitDir, "info"), { recursive: true });
	await writeFile(join(gitDir, "info", "exclude"), await operatorExclude(context));
	await ignore(context, join(gitDir, "info", "exclude"), [OUTCOME_RULE]);
	await fillClone(context, gitDir, start);
	await writeFile(join(gitDir, "shallow"), `${start}\n`);
	const git = createGit(commands, own.layout, [`--git-dir=${gitDir}`]);
	await git.run(updateRefArgs(`refs/heads/${branchOf(name)}`, start));
	await fill(context, { path, index: join(gitDir, "index"), commit: start });
	await files.syncTree(path);
}

/** Line endings as the operator has them, so that both read the same files as unchanged. */
async function configText({ own }: WorkspaceContext): Promise<string> {
	const settings = await lineEndings(own.operator, own.layout);
	const lines = settings.map((setting) => `\t${setting.replace(/^core\./, "").replace("=", " = ")}\n`);
	const text = repositoryConfigText({ bare: false, objectFormat: own.operator.objectFormat });
	return `${text}[core]\n${lines.join("")}`;
}

export const excludePath = ({ own }: WorkspaceContext) => join(own.operator.commonDir, "info", "exclude");

function operatorExclude(context: WorkspaceContext): Promise<string> {
	return readFile(excludePath(context), "utf8").catch(() => "");
}
