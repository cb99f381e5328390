// Brings a clone's commit into the own repository. The clone is its builder's: its plain object files are copied out, and only a git folder of ours,
// without its configuration, alternates or refs, ever reads them. What arrives is checked object by object, and nothing may come from elsewhere.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { CommandFailed } from "../../../ports/ports.js";
import { indexPackArgs, listTreeArgs, packArgs, updateRefArgs } from "../repository/argv.js";
import { historicBlemishes, repositoryConfigText } from "../repository/environment.js";
import { createGit } from "../repository/git.js";
import { objectRefusal } from "../trees/intake.js";
import { readCloneHead } from "./workspace-clone-head.js";
import { arrivalRef, pathOf, type WorkspaceContext } from "./workspace-context.js";
import { copyObjects } from "./workspace-copy.js";
import type { Found } from "./workspace-survey.js";

/** The clone's head, complete in the own repository under a ref of its own. */
export async function arrive(context: WorkspaceContext, clone: Found): Promise<string | Refusal> {
	const commit = await readCloneHead(pathOf(context, clone.name));
	if (commit === null) return unfit(".git", "the clone's folder holds no readable git folder with a commit");
	if (commit !== clone.start) {
		const refusal = await transfer(context, clone, commit);
		if (refusal !== null) return refusal;
	}
	await context.own.git.run(updateRefArgs(arrivalRef(clone.name), commit));
	return commit;
}

const unfit = (path: string, reason: string) => refuse("path_refused", { path: JSON.stringify(path), reason });

async function transfer(context: WorkspaceContext, clone: Found, commit: string): Promise<Refusal | null> {
	const { own } = context;
	const copy = join(own.layout.scratch, `clone-${clone.name}`);
	await rm(copy, { recursive: true, force: true });
	try {
		const unfitness = await prepareCopy(context, clone, copy);
		if (unfitness !== null) return unfitness;
		const pack = await packOf(context, { copy, commit, start: clone.start });
		if (isRefusal(pack)) return pack;
		const refusal = await examine(context, { copy, commit, start: clone.start, pack });
		if (refusal === null) await context.own.git.run(indexPackArgs(), { inputFile: pack });
		return refusal;
	} finally {
		await rm(copy, { recursive: true, force: true });
	}
}

/** A git folder of ours around their objects; its history ends at the start, where the clone's does. */
async function prepareCopy(context: WorkspaceContext, clone: Found, copy: string): Promise<Refusal | null> {
	const { objectFormat } = context.own.operator;
	await mkdir(join(copy, "refs"), { recursive: true });
	await mkdir(join(copy, "objects", "pack"), { recursive: true });
	await writeFile(join(copy, "HEAD"), "ref: refs/heads/none\n");
	await writeFile(join(copy, "config"), repositoryConfigText({ bare: true, objectFormat }));
	await writeFile(join(copy, "shallow"), `${clone.start}\n`);
	const problem = await copyObjects(pathOf(context, clone.name), join(copy, "objects"));
	return problem === null ? null : unfit(".git/objects", problem);
}

interface Packing {
	readonly copy: string;
	readonly commit: string;
	readonly start: string;
}

async function packOf(context: WorkspaceContext, { copy, commit, start }: Packing): Promise<string | Refusal> {
	const git = createGit(context.commands, context.own.layout, [`--git-dir=${copy}`]);
	try {
		const hash = await git.text(packArgs(join(copy, "arriving")), { input: `${commit}\n^${start}\n` });
		return join(copy, `arriving-${hash}.pack`);
	} catch (error) {
		return unreadable(error, commit, async () => "");
	}
}

/**
 * On a shelf before our own repository. `--strict`: what is malformed or links to what is not there is not taken at all. And a commit may name
 * objects of other people by their hash: what is new in it must have come out of the clone itself.
 */
async function examine(context: WorkspaceContext, examination: Examination): Promise<Refusal | null> {
	const { copy, commit, start, pack } = examination;
	const { git, layout, operator } = context.own;
	const shelf = join(copy, "shelf");
	await mkdir(join(shelf, "pack"), { recursive: true });
	const env = {
		GIT_OBJECT_DIRECTORY: shelf,
		GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(layout.own, "objects")),
	};
	const mild = historicBlemishes.map((setting) => setting.replace("fetch.fsck.", "")).join(",");
	try {
		const answer = await git.text(["index-pack", "--stdin", `--strict=${mild}`], { inputFile: pack, env });
		const input = await readFile(join(shelf, "pack", `pack-${answer.split("\t")[1]}.idx`));
		const index = await git.text(["show-index", `--object-format=${operator.objectFormat}`], { input });
		const came = new Set(index.split("\n").map((line) => line.split(" ")[1]));
		const news = await git.text(["rev-list", "--objects", "--no-object-names", commit, `^${start}`], { env });
		const foreign = news.split("\n").find((hash) => hash !== "" && !came.has(hash));
		return foreign === undefined ? null : unfit(`object ${foreign}`, "it did not come from the clone");
	} catch (error) {
		const theirs = createGit(context.commands, layout, [`--git-dir=${copy}`]);
		return unreadable(error, commit, async () => (await theirs.run(listTreeArgs(commit))).stdout);
	}
}

interface Examination extends Packing {
	readonly pack: string;
}

async function unreadable(error: unknown, commit: string, list: () => Promise<Buffer | string>): Promise<Refusal> {
	if (!(error instanceof CommandFailed)) throw error;
	const text = error.tail.join("\n");
	const refusal = await objectRefusal(text, list);
	return refusal ?? unfit(`commit ${commit}`, `the clone does not hold all of it: ${text.slice(-200)}`);
}
