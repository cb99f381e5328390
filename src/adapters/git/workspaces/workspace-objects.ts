// Moves commits of the own repository to where a builder works: the operator's repository or a fresh clone. Objects first; refs are the caller's.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { indexPackArgs, packArgs } from "../repository/argv.js";
import { createGit } from "../repository/git.js";
import { fetchCommit, isCommitHash } from "../trees/intake.js";
import { ask, type WorkspaceContext } from "./workspace-context.js";

const hasCommit = (commit: string) => ["cat-file", "-e", `${commit}^{commit}`];

export function operatorHas(context: WorkspaceContext, commit: string): Promise<boolean> {
	return ask(context)
		.raw(hasCommit(commit))
		.then(
			() => true,
			() => false,
		);
}

async function ownHas({ own }: WorkspaceContext, commit: string): Promise<boolean> {
	// 1 and 128: it is not there, or is no commit.
	return (await own.git.run(hasCommit(commit), { accept: [0, 1, 128] })).code === 0;
}

/** Refuses what neither repository has; afterwards the operator's has it. */
export async function bringToOperator(context: WorkspaceContext, commit: string): Promise<Refusal | null> {
	if (isCommitHash(commit) && (await operatorHas(context, commit))) return null;
	if (!isCommitHash(commit) || !(await ownHas(context, commit))) return unknown(commit);
	const { commands, own } = context;
	const shared = await commonTips(context);
	const input = `${commit}\n${shared.map((tip) => `^${tip}\n`).join("")}`;
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.commonDir}`]);
	await send(context, { input, to: (inputFile) => git.run(indexPackArgs(), { inputFile }) });
	return null;
}

/** Refuses what neither repository has; afterwards the own one has it, checked. */
export async function bringToOwn(context: WorkspaceContext, commit: string): Promise<Refusal | null> {
	if (!isCommitHash(commit)) return unknown(commit);
	return (await ownHas(context, commit)) ? null : fetchCommit(context.own, commit);
}

/** One commit with everything in it, and no history before it. */
export async function fillClone(context: WorkspaceContext, gitDir: string, commit: string): Promise<void> {
	const git = createGit(context.commands, context.own.layout, [`--git-dir=${gitDir}`]);
	const input = `--shallow ${commit}\n${commit}\n`;
	await send(context, { input, to: (inputFile) => git.run(indexPackArgs(), { inputFile }) });
}

const unknown = (commit: string) => refuse("revision_unknown", { revision: JSON.stringify(commit) });

/** Branch heads of the operator that the own repository has too: nothing below them is sent. */
async function commonTips(context: WorkspaceContext): Promise<string[]> {
	const tips = (await ask(context).raw(["for-each-ref", "--format=%(objectname)", "refs/heads"])).trim();
	if (tips === "") return [];
	const { stdout } = await context.own.git.run(["cat-file", "--batch-check"], { input: `${tips}\n` });
	const known = stdout
		.toString()
		.split("\n")
		.filter((line) => line.includes(" commit "));
	return [...new Set(known.map((line) => line.slice(0, line.indexOf(" "))))];
}

interface Sending {
	readonly input: string;
	readonly to: (packFile: string) => Promise<unknown>;
}

async function send({ own }: WorkspaceContext, { input, to }: Sending): Promise<void> {
	const { scratch } = own.layout;
	const hash = await own.git.text(packArgs(join(scratch, "workspace")), { input });
	await to(join(scratch, `workspace-${hash}.pack`));
	const sent = (await readdir(scratch)).filter((name) => name.startsWith("workspace-"));
	for (const name of sent) await rm(join(scratch, name), { force: true });
}
