// Repositories in which a confirmed commit waits to reach the operator's branch. Each kind is made once and copied for every test.
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createRepository } from "../../src/adapters/git/repository.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { Advance, Repository } from "../../src/ports/ports.js";
import { commitTree, makeTools, plainGit, type Tools, type Tree } from "./git.js";
import { folderOfTheRun, temporaryFolder } from "./temporary.js";

const run = promisify(execFile);

export interface Confirmed {
	readonly root: string;
	readonly stateDir: string;
	/** Where the branch stands, and where it is to go. */
	readonly from: string;
	readonly to: string;
	readonly tools: Tools;
	readonly port: Repository;
	git(...args: string[]): Promise<string>;
	/** As the supervisor does it after a confirm; with other tools too, such as failing ones. */
	advance(tools?: Partial<Tools>): Promise<Advance>;
}

interface Made {
	readonly folder: string;
	readonly from: string;
	readonly to: string;
}

const made = new Map<string, Promise<Made>>();

export const swapId = "sw_abc123";

/** `where`: another folder than a temporary one, such as a disk of its own. */
export async function makeConfirmed(first: Tree, change: Tree, where?: string): Promise<Confirmed> {
	const key = JSON.stringify([first, change]);
	const making = made.get(key) ?? make(first, change);
	made.set(key, making);
	const { folder, from, to } = await making;
	const at = where ?? join(await temporaryFolder("deadman-follow"), "at");
	await run("cp", ["-a", folder, at]);
	return confirmedAt({ at, from, to });
}

export function confirmedAt({
	at,
	from,
	to,
}: {
	readonly at: string;
	readonly from: string;
	readonly to: string;
}): Confirmed {
	const root = join(at, "operator");
	const stateDir = join(at, "state");
	const tools = makeTools();
	const portWith = (other: Partial<Tools>) =>
		createRepository({ root, stateDir, branch: "main", lockWaitMs: 0, ...tools, ...other });
	const port = portWith({});
	const request = { swapId, branch: "main", expected: from, to };
	const git = (...args: string[]) => plainGit(root, ...args);
	return {
		root,
		stateDir,
		from,
		to,
		tools,
		port,
		git,
		advance: (other = {}) => portWith(other).advanceBranch(request),
	};
}

async function make(first: Tree, change: Tree): Promise<Made> {
	const folder = await folderOfTheRun("follow");
	const root = join(folder, "operator");
	await run("git", ["init", "--quiet", "--initial-branch=main", root]);
	const git = (...args: string[]) => plainGit(root, ...args);
	const from = await commitTree(root, first, "first");
	await git("checkout", "--quiet", "--detach");
	const proposed = await commitTree(root, change, "change");
	await git("checkout", "--quiet", "main");
	const port = createRepository({ root, stateDir: join(folder, "state"), branch: "main", ...makeTools() });
	for (const commit of [from, proposed]) {
		const refusal = await port.intake(commit);
		if (refusal !== null) throw new Error(refusal.message);
	}
	const message = `Change\n\nDeadman-Swap: ${swapId}\n`;
	const merging = { swapId, live: from, proposed, branchHead: from, branch: "main", message, shared: [] };
	const merged = await port.merge(merging);
	if (isRefusal(merged)) throw new Error(merged.message);
	return { folder, from, to: merged.commit };
}

/** What following left in the operator's git folder and in ours, but for the refs and the answer that are meant to stay. */
export async function leftoversOf({ root, stateDir }: Pick<Confirmed, "root" | "stateDir">): Promise<string[]> {
	const places = [join(root, ".git"), join(stateDir, "promote")];
	const names = ["*.lock", "deadman-*", "tmp_*", "*.plan", "*.deadman-tmp"].flatMap((name) => ["-o", "-name", name]);
	const { stdout } = await run("find", [...places, "(", ...names.slice(1), ")"]).catch(() => ({ stdout: "" }));
	const folders = await run("find", [join(stateDir, "promote"), "-mindepth", "1", "-type", "d"]).catch(() => ({
		stdout: "",
	}));
	return `${stdout}${folders.stdout}`
		.split("\n")
		.filter((path) => path !== "")
		.map((path) => path.slice(dirname(root).length));
}
