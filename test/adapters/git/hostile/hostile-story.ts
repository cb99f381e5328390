// The attacks of fixtures/attacks and how each ends; and the whole of our path over one: nothing runs, and nothing is written outside.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { openOwnRepository } from "../../../../src/adapters/git/repository/own-repository.js";
import { mergeSwap } from "../../../../src/adapters/git/trees/merge.js";
import { createWorkspaces } from "../../../../src/adapters/git/workspaces/workspaces.js";
import { isRefusal, type Refusal } from "../../../../src/core/refusals.js";
import type { MergeRequest, Workspaces } from "../../../../src/ports/ports.js";
import { commitTree, plainGit } from "../../../support/git.js";
import { makeReleaseTools, type ReleaseTools } from "../../../support/git-releases.js";
import { arm, fire, setTrap, type Trap } from "./hostile-ground.js";

/** Where it is armed: in the operator's repository before anything of ours is there, or in a workspace of that kind. */
export type Place = "operator" | "worktree" | "clone";

export interface End {
	/** `merge`: refused there, and the rest is played all the same, as if nobody had asked for filters. */
	readonly at: "create" | "head" | "intake" | "merge";
	readonly says: string;
	/** The other kind of workspace goes through. */
	readonly only?: "worktree";
}

export interface Row {
	readonly attack: string;
	readonly places?: readonly Place[];
	/** Instead of going through, the path ends here. */
	readonly ends?: Partial<Record<Place, End>>;
	/** What the released file holds where the attack changes it in the commit. */
	readonly content?: string;
}

export const usualPlaces: readonly Place[] = ["operator", "clone"];
const out = { at: "intake", says: '"out" (it is a link with an absolute target)' } as const;
const filtered = { at: "merge", says: 'a git filter ("evil")' } as const;
const gitFolder = { says: '".git/config" (it would be read as a git folder' } as const;

export const rows: readonly Row[] = [
	{ attack: "hooks" },
	{ attack: "hooks-path" },
	{ attack: "fsmonitor" },
	{ attack: "include" },
	{ attack: "worktree-config" },
	{ attack: "external-diff" },
	{ attack: "textconv" },
	{ attack: "smudge", ends: { operator: filtered, clone: filtered } },
	{ attack: "clean", ends: { operator: filtered } },
	{ attack: "filter-process", ends: { operator: filtered, clone: filtered } },
	{ attack: "attributes-file", ends: { operator: filtered } },
	{ attack: "merge-driver" },
	{ attack: "submodule-update" },
	{ attack: "ssh-command" },
	{ attack: "ext-helper" },
	{ attack: "upload-pack-name" },
	{ attack: "pack-objects-hook" },
	{ attack: "promisor" },
	{ attack: "alternate-refs" },
	{ attack: "signature-program" },
	{ attack: "credential-helper" },
	{ attack: "editor" },
	{ attack: "alias" },
	{ attack: "archive" },
	{ attack: "export-subst", content: "$Format:%H$ $Id$\n" },
	{ attack: "replace" },
	{ attack: "core-worktree" },
	{ attack: "index-link" },
	{
		attack: "git-file",
		places: ["worktree", "clone"],
		ends: { clone: { at: "head", says: "no readable git folder" } },
	},
	{ attack: "common-dir", places: ["worktree"] },
	{
		attack: "branch-folder-link",
		places: ["operator"],
		ends: { operator: { at: "create", says: "is a link", only: "worktree" } },
	},
	{
		attack: "registrations-link",
		places: ["operator"],
		ends: { operator: { at: "create", says: "is a link", only: "worktree" } },
	},
	{ attack: "link-out", ends: { operator: out, clone: out } },
	{
		attack: "git-folder",
		ends: { operator: { at: "create", says: ".git/config" }, clone: { at: "head", ...gitFolder } },
	},
];

interface Stage extends ReleaseTools {
	readonly trap: Trap;
	readonly workspaces: Workspaces;
	readonly kind: "worktree" | "clone";
}

export async function story({ attack, ends, content }: Row, place: Place): Promise<void> {
	const trap = await setTrap();
	const tools = await makeReleaseTools({ "app.txt": "one\n", "sub/b.txt": "b\n" });
	const { root, stateDir } = tools.repository;
	await tools.repository.commit({ "app.txt": "two\n" });
	const workspaces = createWorkspaces({ root, stateDir, branch: "main", shared: [".env"], ...tools.tools });
	const stageOf = (kind: Stage["kind"]) => ({ ...tools, trap, workspaces, kind });
	const prove = async (folder: string) => {
		await arm(trap, attack, folder);
		expect(await fire(trap, attack, folder), "the attack works where nobody defends").not.toEqual([]);
	};
	const end = ends?.[place];
	if (place === "operator") {
		await prove(root);
		for (const kind of ["worktree", "clone"] as const) {
			const stage = stageOf(kind);
			const here = end?.only === undefined || end.only === kind ? end : undefined;
			await expectEnd(stage, { end: here, content: "three\n", build: () => build(stage) });
		}
		return;
	}
	const stage = stageOf(place);
	const folder = await build(stage);
	if (typeof folder !== "string") throw new Error(folder.message);
	await prove(folder);
	await expectEnd(stage, { end, content: content ?? "three\n", build: async () => folder });
}

interface Expectation {
	readonly end: End | undefined;
	readonly content: string;
	build(): Promise<string | Refusal>;
}

async function expectEnd(stage: Stage, { end, content, build }: Expectation): Promise<void> {
	const { port, trap } = stage;
	const quiet = async (after: string) => expect(await trap.caught(), after).toEqual([]);
	const refusing = (at: string, answer: unknown) => {
		expect(answer, at).toMatchObject({ message: expect.stringContaining(end?.says ?? "") });
		return quiet(at);
	};
	for (const name of ["1".repeat(40), "--upload-pack=u", "--all", "main\nmain"]) {
		expect(await port.resolve(name)).toMatchObject({ code: "revision_unknown" });
	}
	expect(await port.intake("1".repeat(40))).toMatchObject({ code: "revision_unknown" });
	const folder = await build().catch((error: Error) => ({ message: error.message }));
	if (end?.at === "create") return refusing("create", folder);
	if (typeof folder !== "string") throw new Error(folder.message);
	await stage.workspaces.freeze(stage.kind, true).catch(() => {});
	await stage.workspaces.freeze(stage.kind, false);
	const proposed = await stage.workspaces.head(stage.kind);
	if (end?.at === "head") return refusing("head", proposed);
	if (isRefusal(proposed)) throw new Error(proposed.message);
	await quiet("head, freeze");
	const live = await port.head();
	if (isRefusal(live)) throw new Error(live.message);
	expect(await port.resolve(proposed)).toBe(proposed);
	const refusal = (await port.intake(proposed)) ?? (await port.intake(live.commit));
	if (end?.at === "intake") return refusing("intake", refusal);
	expect(refusal).toBeNull();
	await swap(stage, { live: live.commit, proposed, content, says: end?.at === "merge" ? end.says : null });
	await quiet("the whole swap");
	await leave(stage);
	await quiet("leaving");
}

/** The workspace, with a change committed as its builder would: what runs there is the builder's own doing. */
async function build({ trap, workspaces, kind, port }: Stage): Promise<string | Refusal> {
	const live = await port.head();
	if (isRefusal(live)) return live;
	const made = await workspaces.create({ name: kind, from: live.commit, target: "ada", kind });
	if (isRefusal(made)) return made;
	await writeFile(join(made.path, "app.txt"), "not committed\n");
	await workspaces.head(kind);
	await workspaces.list();
	await workspaces.sweep();
	expect(await trap.caught(), "by the making of a workspace").toEqual([]);
	const change = { "app.txt": "three\n", [`${kind}.txt`]: "new\n" };
	await commitTree(made.path, change).catch(() => commitWithoutPrograms(made.path));
	await trap.reset();
	return made.path;
}

async function commitWithoutPrograms(folder: string): Promise<void> {
	const none = ["core.hooksPath=/dev/null", "filter.evil.process=", "filter.evil.clean="].flatMap((one) => ["-c", one]);
	await plainGit(folder, ...none, "add", "--all");
	await plainGit(folder, ...none, "commit", "--quiet", "-m", "evil");
}

interface Change {
	readonly live: string;
	readonly proposed: string;
	readonly content: string;
	/** What the refusal of the merge says, where there is one. */
	readonly says: string | null;
}

async function swap(stage: Stage, { live, proposed, content, says }: Change): Promise<void> {
	const { port, releases, folder, kind, trap } = stage;
	const request = { swapId: `sw_${kind}`, live, proposed, branchHead: live, branch: "main", message: "m", shared: [] };
	const answer = await port.merge(request);
	if (says !== null) expect(answer).toMatchObject({ message: expect.stringContaining(says) });
	const merged = says === null ? answer : await mergeUnasked(stage, request);
	if (isRefusal(merged)) throw new Error(merged.message);
	expect(await port.treeOf(merged.commit)).toBe(merged.tree);
	expect(await port.diff(live, merged.tree)).toContain("+new");
	await port.digest({ from: live, to: merged.tree, maxBytes: 1_000 });
	expect(await trap.caught(), "by the review").toEqual([]);
	const release = { id: kind, commit: merged.commit, tree: merged.tree };
	await releases().checkout(release);
	await releases().seal(release);
	expect(await releases().verify(kind)).toEqual([]);
	await releases().flip(kind);
	expect(await readFile(join(folder(kind), "app.txt"), "utf8")).toBe(content);
	expect(await trap.caught(), "by the release").toEqual([]);
	const move = { swapId: "sw_abc123", branch: "main", expected: live, to: merged.commit };
	expect(await port.advanceBranch(move)).toMatchObject({ moved: true });
}

/** A version of before filters were refused may hold such files: what makes and follows it runs none either. */
async function mergeUnasked({ repository: { root, stateDir }, tools }: Stage, request: MergeRequest) {
	const { git } = await openOwnRepository({ root, stateDir, ...tools });
	return mergeSwap(git, request, { reserved: [], refused: async () => null, mayMerge: true });
}

async function leave({ workspaces, kind }: Stage): Promise<void> {
	await workspaces.freeze(kind, true);
	expect(await workspaces.list()).toMatchObject([{ name: kind, frozen: true }]);
	await workspaces.freeze(kind, false);
	await workspaces.sweep();
	expect(await workspaces.remove(kind)).toBeNull();
	expect(await workspaces.list()).toEqual([]);
}
