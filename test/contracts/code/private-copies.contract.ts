// What all private copies promise: taken over once, one commit for one content, an ancestry that merges, and changes that land in one agent alone.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Mapping } from "../../../src/core/rules/classify.js";
import type { PrivateCopies, Releases, Repository } from "../../../src/ports/ports.js";
import type { PlainFiles } from "./repository.contract.js";

export interface AgentUnderTest {
	readonly copies: PrivateCopies;
	readonly releases: Releases;
	/** Writes as its program would; paths of the repository's tree. */
	live(files: PlainFiles): Promise<void>;
}

export interface PrivateCopiesUnderTest {
	readonly repository: Repository;
	/** On main, taken in; holds `app.txt`, and `tpl/a.txt` and `tpl/b.txt` of five lines each. */
	readonly first: string;
	agent(name: string, places: readonly Mapping[]): AgentUnderTest;
	/** A commit on top of another, taken in. */
	commit(files: PlainFiles, parent: string): Promise<string>;
	/** Of a tree or commit; null where there is nothing. */
	read(treeish: string, path: string): Promise<string | null>;
}

const five = (third: string) => `1\n2\n${third}\n4\n5\n`;

export const privateFiles = { "app.txt": "app\n", "tpl/a.txt": five("a"), "tpl/b.txt": five("b") };

const place = { template: "tpl", folder: "agents/alice" };

export function describePrivateCopiesContract(name: string, makeIt: () => Promise<PrivateCopiesUnderTest>): void {
	const make = async () => {
		const under = await makeIt();
		const alice = under.agent("alice", [place]);
		expect(await alice.copies.adopt(under.first)).toBeNull();
		const overlay = async (head: string, earlier: string | null = null) => {
			const commit = await alice.copies.overlay({ head, earlier });
			if (isRefusal(commit)) throw new Error(commit.message);
			return commit;
		};
		return { ...under, alice, overlay };
	};

	describe(`private copies: ${name}`, () => {
		it("start from the template, and are taken over once", async () => {
			const { alice, overlay, first, read } = await make();
			const base = await alice.releases.current();
			expect(await alice.releases.sealed(base ?? "")).toMatchObject({ id: base, commit: first });
			expect(await alice.releases.verify(base ?? "")).toEqual([]);
			expect(await read(await overlay(first), "tpl/a.txt")).toBe(five("a"));
			expect(await alice.copies.adopt(first)).toBeNull();
			expect(await alice.releases.current()).toBe(base);
		});

		it("refuses a folder that git tracks", async () => {
			const { agent, first } = await make();
			const tracked = agent("bob", [{ template: "app", folder: "tpl" }]);
			expect(await tracked.copies.adopt(first)).toMatchObject({ code: "private_tracked" });
			expect(await tracked.releases.current()).toBeNull();
		});

		it("gives one commit for one content, and another for another", async () => {
			const { alice, overlay, first, read, repository } = await make();
			const one = await overlay(first);
			expect(await overlay(first)).toBe(one);
			expect(await overlay(first, one)).toBe(one);
			await alice.live({ "tpl/a.txt": "private\n", "tpl/new.txt": "new\n", "tpl/b.txt": null, "tpl/.env": "canary\n" });
			const two = await overlay(first, one);
			expect(two).not.toBe(one);
			expect(await overlay(first, two)).toBe(two);
			const paths = ["app.txt", "tpl/a.txt", "tpl/new.txt", "tpl/b.txt", "tpl/.env"];
			const found = await Promise.all(paths.map((path) => read(two, path)));
			expect(found).toEqual(["app\n", "private\n", "new\n", null, null]);
			expect(await repository.treeOf(await overlay(first))).toBe(await repository.treeOf(two));
		});

		it("merges a workspace of an earlier overlay onto a later one", async () => {
			const { alice, overlay, first, read, commit, repository } = await make();
			const start = await overlay(first);
			const proposed = await commit({ "tpl/a.txt": five("proposed") }, start);
			await alice.live({ "tpl/b.txt": five("live") });
			const head = await commit({ "app.txt": "newer\n" }, first);
			const live = await overlay(head, start);
			const request = { swapId: "sw_abc123", branch: "main", message: "swap", shared: [], branchHead: first };
			const merged = await repository.merge({ ...request, live, proposed });
			if (isRefusal(merged)) throw new Error(merged.message);
			expect(merged.files.map(({ path }) => path)).toEqual(["tpl/a.txt"]);
			const found = await Promise.all(["app.txt", "tpl/a.txt", "tpl/b.txt"].map((path) => read(merged.tree, path)));
			expect(found).toEqual(["newer\n", five("proposed"), five("live")]);
		});

		it("lands a change in one agent, and takes it back", async () => {
			const { agent, alice, overlay, first, read, commit, repository } = await make();
			const bob = agent("bob", [{ template: "tpl", folder: "agents/bob" }]);
			expect(await bob.copies.adopt(first)).toBeNull();
			const previous = await alice.releases.current();
			const start = await overlay(first);
			const changed = await commit({ "tpl/a.txt": "changed\n", "tpl/new.txt": "new\n" }, start);
			const release = { id: "sw_abc123-1", commit: changed, tree: await repository.treeOf(changed) };
			await alice.releases.checkout(release);
			await alice.releases.seal(release);
			expect(await alice.releases.sealed(release.id)).toEqual(release);
			expect(await overlay(first)).toBe(start);
			await alice.releases.flip(release.id);
			expect(await alice.releases.current()).toBe(release.id);
			expect(await alice.releases.verify(release.id)).toEqual([]);
			expect(await read(await overlay(first), "tpl/new.txt")).toBe("new\n");
			const others = await bob.copies.overlay({ head: first, earlier: null });
			expect(await read(String(others), "tpl/a.txt")).toBe(five("a"));
			await alice.releases.flip(previous ?? "");
			expect(await overlay(first)).toBe(start);
		});
	});
}
