// What every repository promises: one reviewed tree per proposal, refusals that name the reason, a branch that moves only from where it was expected.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import type { MergeRequest, Repository } from "../../../src/ports/ports.js";

export type PlainFiles = Readonly<Record<string, string | null>>;

export interface RepositoryUnderTest {
	readonly repository: Repository;
	/** On branch main, holding `app.txt` and `kept.txt` of five lines each. */
	readonly first: string;
	/** A commit on top of another, without moving main. */
	commit(files: PlainFiles, parent: string): Promise<string>;
	moveMain(commit: string): Promise<void>;
	main(): Promise<string>;
}

const five = (third: string) => `1\n2\n${third}\n4\n5\n`;

export const firstFiles = { "app.txt": five("app"), "kept.txt": five("kept") };

export function describeRepositoryContract(name: string, makeIt: () => Promise<RepositoryUnderTest>): void {
	const make = async () => {
		const it = await makeIt();
		expect(await it.repository.intake(it.first)).toBeNull();
		return it;
	};

	describe(`repository: ${name}`, () => {
		it("says where the branch stands, and finds revisions", async () => {
			const { repository, first } = await make();
			expect(await repository.head()).toEqual({ branch: "main", commit: first });
			expect(await repository.resolve("main")).toBe(first);
			expect(await repository.resolve(first)).toBe(first);
			expect(await repository.resolve("no-such-thing")).toMatchObject({ code: "revision_unknown" });
			expect(await repository.resolve("")).toMatchObject({ code: "revision_unknown" });
		});

		it("takes a commit in, refuses one that is not there and one with a bad path", async () => {
			const { repository, commit, first } = await make();
			expect(await repository.intake(await commit({ "new.txt": "new\n" }, first))).toBeNull();
			expect(await repository.intake("1".repeat(40))).toMatchObject({ code: "revision_unknown" });
			const bad = await repository.intake(await commit({ "a\\b": "x" }, first));
			expect(bad).toMatchObject({ code: "path_refused" });
			expect(bad?.message).toContain('"a\\\\b"');
		});

		it("merges a proposal onto the live version, and names every changed file", async () => {
			const { repository, commit, first } = await make();
			const live = await commit({ "kept.txt": five("live") }, first);
			const proposed = await commit({ "app.txt": five("proposed"), "sub/new.txt": "new\n" }, first);
			const merged = await merge(repository, { live, proposed, branchHead: first });
			expect(merged.files).toEqual([
				{ path: "app.txt", change: "modified", from: null, summary: null },
				{ path: "sub/new.txt", change: "added", from: null, summary: null },
			]);
			expect(await repository.treeOf(merged.commit)).toBe(merged.tree);
			const diff = await repository.diff(live, merged.tree);
			expect(diff).toContain("+proposed");
			expect(diff).not.toContain("live");
			expect(await merge(repository, { live, proposed, branchHead: first })).toEqual(merged);
		});

		it("names a deleted file", async () => {
			const { repository, commit, first } = await make();
			const proposed = await commit({ "kept.txt": null }, first);
			const merged = await merge(repository, { live: first, proposed, branchHead: first });
			expect(merged.files).toEqual([{ path: "kept.txt", change: "deleted", from: null, summary: null }]);
		});

		it("refuses a conflict and names its paths", async () => {
			const { repository, commit, first } = await make();
			const live = await commit({ "app.txt": five("live") }, first);
			const proposed = await commit({ "app.txt": five("proposed") }, first);
			const refusal = await ask(repository, { live, proposed, branchHead: first });
			expect(refusal).toMatchObject({ code: "merge_conflict" });
			expect(refusal).toMatchObject({ message: expect.stringContaining('"app.txt"') });
		});

		it("refuses what changes nothing", async () => {
			const { repository, commit, first } = await make();
			expect(await ask(repository, { live: first, proposed: first, branchHead: first })).toMatchObject({
				code: "no_change",
			});
			const live = await commit({ "app.txt": five("new") }, first);
			expect(await ask(repository, { live, proposed: first, branchHead: first })).toMatchObject({ code: "no_change" });
		});

		it("takes a proposal that lacks what stands on the branch: a confirm merges the two", async () => {
			const { repository, commit, first, main, moveMain } = await make();
			const proposed = await commit({ "app.txt": five("proposed") }, first);
			const ahead = await commit({ "kept.txt": five("operator") }, first);
			await moveMain(ahead);
			const { commit: to } = await merge(repository, { live: first, proposed, branchHead: ahead });
			const move = () => repository.advanceBranch({ swapId: "sw_abc123", branch: "main", expected: ahead, to });
			const moved = await move();
			const at = await main();
			expect(moved).toMatchObject({ moved: true, merge: at });
			for (const one of [ahead, to]) expect(at).not.toBe(one);
			expect(await repository.diff(ahead, at)).toContain("+proposed");
			expect(await repository.diff(to, at)).toContain("+operator");
			expect(await move()).toMatchObject({ moved: true });
			expect(await main()).toBe(at);
			expect(await repository.unsettled()).toEqual([]);
			expect(await repository.ahead(at)).toBe(0);
			expect(await repository.ahead(to)).toBe(2);
			expect(await repository.ahead("1".repeat(40))).toBe(null);
		});

		it("refuses a shared path that is tracked", async () => {
			const { repository, commit, first } = await make();
			const proposed = await commit({ "data/app.db": "x" }, first);
			const refusal = await ask(repository, { live: first, proposed, branchHead: first, shared: ["data"] });
			expect(refusal).toMatchObject({ code: "shared_path_tracked", message: expect.stringContaining("data") });
		});

		it("keeps the beginning of a diff, and size and hash of all of it", async () => {
			const { repository, commit, first } = await make();
			const to = await commit({ "app.txt": five("long") }, first);
			expect(await repository.intake(to)).toBeNull();
			const whole = await repository.digest({ from: first, to, maxBytes: 100_000 });
			expect(whole).toMatchObject({ whole: true, text: expect.stringContaining("+long") });
			const cut = await repository.digest({ from: first, to, maxBytes: 20 });
			expect(cut).toMatchObject({ whole: false, bytes: whole.bytes, sha256: whole.sha256 });
			expect(cut.text.length).toBeLessThanOrEqual(20);
			expect(whole.text.startsWith(cut.text)).toBe(true);
		});

		it("restricts a tree to what is the host's, as one commit on top of what is live", async () => {
			const { repository, commit, first } = await make();
			const head = await commit({ "tpl/a.txt": "template\n", "tpl/gone.txt": "gone\n" }, first);
			const mixed = { "app.txt": five("host"), "tpl/a.txt": "private\n", "tpl/gone.txt": null, "own/b.txt": "b\n" };
			const reviewed = await commit(mixed, head);
			for (const one of [head, reviewed]) expect(await repository.intake(one)).toBeNull();
			const tree = await repository.treeOf(reviewed);
			const request = { swapId: "sw_abc123", head, tree, folders: ["tpl", "own"], message: "Swap sw_abc123" };
			const merged = await repository.restrict(request);
			expect(merged?.files).toEqual([{ path: "app.txt", change: "modified", from: null, summary: null }]);
			expect(await repository.treeOf(merged?.commit ?? "")).toBe(merged?.tree);
			expect(await repository.diff(head, merged?.commit ?? "")).not.toContain("private");
			expect(await repository.restrict(request)).toEqual(merged);
			expect(await repository.restrict({ ...request, folders: ["tpl", "own", "app.txt"] })).toBeNull();
		});

		it("promotes reviewed paths in one commit, and answers a repeated call with it", async () => {
			const { repository, commit, first, main, moveMain } = await make();
			const base = await commit({ "tpl/a.txt": "a\n", "tpl/b.txt": "b\n", "tpl/c.txt": "c\n" }, first);
			await moveMain(base);
			const change = { "tpl/a.txt": "A\n", "tpl/b.txt": null, "tpl/new.txt": "new\n", "tpl/c.txt": "private\n" };
			const reviewed = await commit(change, base);
			for (const one of [base, reviewed]) expect(await repository.intake(one)).toBeNull();
			const request = promotion({ base, tree: await repository.treeOf(reviewed) });
			const promoted = await repository.promote(request);
			if (isRefusal(promoted)) throw new Error(promoted.message);
			expect(promoted.advance).toMatchObject({ moved: true });
			expect(await main()).toBe(promoted.commit);
			const diff = await repository.diff(base, promoted.commit);
			for (const text of ["+A", "-b", "+new"]) expect(diff).toContain(text);
			expect(diff).not.toContain("private");
			expect(await repository.promote(request)).toMatchObject({ commit: promoted.commit, advance: { moved: true } });
			expect(await main()).toBe(promoted.commit);
			const later = await commit({ "tpl/a.txt": "later\n" }, promoted.commit);
			await moveMain(later);
			expect(await repository.promote(request)).toMatchObject({ commit: promoted.commit });
			expect(await main()).toBe(later);
		});

		it("promotes onto other commits of the branch, but not onto a template that moved", async () => {
			const { repository, commit, first, main, moveMain } = await make();
			const base = await commit({ "tpl/a.txt": "a\n", "tpl/b.txt": "b\n" }, first);
			const reviewed = await commit({ "tpl/a.txt": "A\n", "tpl/new.txt": "new\n" }, base);
			for (const one of [base, reviewed]) expect(await repository.intake(one)).toBeNull();
			const request = promotion({ base, tree: await repository.treeOf(reviewed) });
			const moves: readonly PlainFiles[] = [
				{ "tpl/a.txt": "moved\n" },
				{ "tpl/a.txt": null },
				{ "tpl/new.txt": "other\n" },
			];
			for (const move of moves) {
				const moved = await commit(move, base);
				await moveMain(moved);
				const path = JSON.stringify(Object.keys(move)[0]);
				const refusal = { code: "template_moved", message: expect.stringContaining(path) };
				expect(await repository.promote(request)).toMatchObject(refusal);
				expect(await main()).toBe(moved);
			}
			await moveMain(await commit({ "app.txt": five("other"), "tpl/c.txt": "other\n" }, base));
			const promoted = await repository.promote(request);
			if (isRefusal(promoted)) throw new Error(promoted.message);
			expect(await main()).toBe(promoted.commit);
			expect(await repository.diff(reviewed, promoted.commit)).not.toContain("tpl/a.txt");
		});

		it("moves the branch from where it was expected, once or twice, and else says where it stands", async () => {
			const { repository, commit, first, main, moveMain } = await make();
			const proposed = await commit({ "app.txt": five("proposed") }, first);
			const { commit: to } = await merge(repository, { live: first, proposed, branchHead: first });
			const move = () => repository.advanceBranch({ swapId: "sw_abc123", branch: "main", expected: first, to });
			expect(await move()).toMatchObject({ moved: true });
			expect(await main()).toBe(to);
			expect(await move()).toMatchObject({ moved: true });
			const elsewhere = await commit({ "app.txt": five("operator") }, first);
			await moveMain(elsewhere);
			expect(await repository.unsettled()).toEqual([]);
			const held = await move();
			expect(held).toMatchObject({ moved: false, why: "branch_moved", head: elsewhere });
			expect(await main()).toBe(elsewhere);
			const ref = "refs/deadman/confirmed/sw_abc123";
			const waits = { swapId: "sw_abc123", branch: "main", commit: to, ref, command: `git merge ${ref}` };
			expect(held).toMatchObject({ ref, command: waits.command });
			expect(await repository.unsettled()).toEqual([waits]);
			await moveMain(to);
			expect(await repository.unsettled()).toEqual([]);
			expect(await repository.tidyCheckout()).toEqual({ removed: [], behind: null });
		});
	});
}

function promotion({ base, tree }: { readonly base: string; readonly tree: string }) {
	const paths = ["tpl/a.txt", "tpl/b.txt", "tpl/new.txt"];
	return { swapId: "sw_abc123", branch: "main", base, tree, paths, message: "Promote\n\nDeadman-Swap: sw_abc123\n" };
}

type Wanted = Pick<MergeRequest, "live" | "proposed" | "branchHead"> & Partial<MergeRequest>;

async function ask(repository: Repository, wanted: Wanted) {
	for (const commit of [wanted.live, wanted.proposed]) expect(await repository.intake(commit)).toBeNull();
	return repository.merge({ swapId: "sw_abc123", branch: "main", message: "Swap sw_abc123", shared: [], ...wanted });
}

async function merge(repository: Repository, wanted: Wanted) {
	const merged = await ask(repository, wanted);
	if (isRefusal(merged)) throw new Error(merged.message);
	return merged;
}
