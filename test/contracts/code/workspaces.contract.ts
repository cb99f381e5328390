// What every set of workspaces promises: one branch each, only commits leave it, nothing uncommitted is lost, and what is decided stands still.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import type { WorkspaceRequest, Workspaces } from "../../../src/ports/ports.js";

export interface WorkspacesUnderTest {
	readonly workspaces: Workspaces;
	readonly first: string;
	/** As somebody who may write everywhere. */
	edit(name: string, files: Readonly<Record<string, string | null>>): Promise<void>;
	commit(name: string): Promise<string>;
}

export interface WorkspacesContract {
	readonly name: string;
	readonly kind: WorkspaceRequest["kind"];
	makeIt(): Promise<WorkspacesUnderTest>;
}

export function describeWorkspacesContract({ name, kind, makeIt }: WorkspacesContract): void {
	const made = async () => {
		const it = await makeIt();
		const create = (workspace: string, options: Partial<WorkspaceRequest> = {}) =>
			it.workspaces.create({ name: workspace, from: it.first, target: "host", kind, ...options });
		return { ...it, create };
	};
	const names = async (workspaces: Workspaces) => (await workspaces.list()).map((one) => one.name);

	describe(`workspaces: ${name}`, () => {
		it("makes one on its own branch, at the commit that was asked for", async () => {
			const { workspaces, first, create } = await made();
			const one = await create("fix-1", { target: "ada" });
			expect(one).toMatchObject({ name: "fix-1", branch: "dev/fix-1", head: first, start: first });
			expect(one).toMatchObject({ target: "ada", kind, frozen: false });
			expect(await workspaces.list()).toEqual([one]);
			expect(await workspaces.head("fix-1")).toBe(first);
		});

		it("refuses a second of the same name, a bad name and an unknown commit", async () => {
			const { workspaces, create } = await made();
			await create("one");
			expect(await create("one")).toMatchObject({ code: "workspace_exists" });
			for (const bad of ["", "../up", "a b", "a/b", "x".repeat(41), "dot.lock", "--upload-pack=x", "a\nb"]) {
				expect(await create(bad)).toMatchObject({ code: "workspace_name" });
			}
			for (const from of ["1".repeat(40), "main", "--all"]) {
				expect(await create("two", { from })).toMatchObject({ code: "revision_unknown" });
			}
			expect(await names(workspaces)).toEqual(["one"]);
		});

		it("gives its head only when everything is committed", async () => {
			const { workspaces, create, edit, commit } = await made();
			await create("one");
			await edit("one", { "app.txt": "edited\n" });
			const refusal = await workspaces.head("one");
			expect(refusal).toMatchObject({ code: "workspace_dirty", message: expect.stringContaining("app.txt") });
			const committed = await commit("one");
			expect(await workspaces.head("one")).toBe(committed);
			expect(await workspaces.list()).toMatchObject([{ head: committed }]);
			await edit("one", { "forgotten.txt": "new\n" });
			expect(await workspaces.head("one")).toMatchObject({ message: expect.stringContaining("forgotten.txt") });
		});

		it("removes one with its branch, but not over uncommitted work", async () => {
			const { workspaces, create, edit, commit } = await made();
			await create("one");
			await create("two");
			await edit("one", { "app.txt": "edited\n" });
			expect(await workspaces.remove("one")).toMatchObject({ code: "workspace_dirty" });
			expect(await workspaces.list()).toHaveLength(2);
			await commit("one");
			expect(await workspaces.remove("one")).toBeNull();
			expect(await names(workspaces)).toEqual(["two"]);
			expect(isRefusal(await create("one"))).toBe(false);
		});

		it("keeps one live per agent: a newer one winds the older down", async () => {
			const { workspaces, create, edit, commit } = await made();
			await create("a1", { target: "ada" });
			await create("b1", { target: "bob" });
			await create("h1");
			await create("h2");
			await create("a2", { target: "ada" });
			expect((await names(workspaces)).sort()).toEqual(["a2", "b1", "h1", "h2"]);
			await edit("a2", { "app.txt": "never committed\n" });
			await create("a3", { target: "ada" });
			await edit("a3", { "app.txt": "committed\n" });
			await commit("a3");
			await create("a4", { target: "ada" });
			expect((await names(workspaces)).sort()).toEqual(["a4", "b1", "h1", "h2"]);
			expect(await create("a5", { target: "ada", from: "1".repeat(40) })).toMatchObject({ code: "revision_unknown" });
			expect((await names(workspaces)).sort()).toEqual(["a4", "b1", "h1", "h2"]);
		});

		it("answers with the frozen commit, whatever happens in it, until it is thawed", async () => {
			const { workspaces, create, edit, commit } = await made();
			await create("one", { target: "ada" });
			await edit("one", { "app.txt": "submitted\n" });
			const submitted = await commit("one");
			await workspaces.freeze("one", true);
			await edit("one", { "app.txt": "slipped in\n" });
			const slipped = await commit("one");
			await edit("one", { "app.txt": "and again\n" });
			expect(await workspaces.head("one")).toBe(submitted);
			expect(await workspaces.list()).toMatchObject([{ name: "one", head: submitted, frozen: true }]);
			await workspaces.freeze("one", true);
			expect(await workspaces.head("one")).toBe(submitted);
			expect(await workspaces.remove("one")).toMatchObject({ code: "workspace_frozen" });
			expect(await create("two", { target: "ada" })).toMatchObject({ code: "workspace_frozen" });
			expect(await names(workspaces)).toEqual(["one"]);
			await workspaces.freeze("one", false);
			expect(await workspaces.head("one")).toMatchObject({ code: "workspace_dirty" });
			expect(await workspaces.list()).toMatchObject([{ head: slipped, frozen: false }]);
		});

		it("knows no workspace that was never made", async () => {
			const { workspaces } = await made();
			expect(await workspaces.list()).toEqual([]);
			expect(await workspaces.head("none")).toMatchObject({ code: "workspace_unknown" });
			expect(await workspaces.remove("none")).toMatchObject({ code: "workspace_unknown" });
			await workspaces.freeze("none", true);
			await workspaces.freeze("none", false);
			await workspaces.sweep();
			expect(await workspaces.list()).toEqual([]);
		});

		it("remembers for whom it was made, or that it is nobody's", async () => {
			const { workspaces, create } = await made();
			await create("mine", { owner: "builder:claude" });
			await create("open");
			const owners = (await workspaces.list()).map(({ name: one, owner }) => [one, owner]);
			expect(new Map(owners as [string, string | null][])).toEqual(
				new Map([
					["mine", "builder:claude"],
					["open", null],
				]),
			);
			await workspaces.freeze("mine", true);
			expect((await workspaces.list()).find((one) => one.name === "mine")).toMatchObject({ owner: "builder:claude" });
		});

		it("takes an outcome as no change of its builder's, but not while it is frozen", async () => {
			const { workspaces, first, create } = await made();
			await create("one");
			await workspaces.leave("one", "{}\n");
			await workspaces.leave("one", "{}\n");
			expect(await workspaces.head("one")).toBe(first);
			await workspaces.freeze("one", true);
			await expect(workspaces.leave("one", "{}\n")).rejects.toThrow("frozen");
			await workspaces.freeze("one", false);
			await workspaces.leave("one", "{}\n");
			expect(await workspaces.remove("one")).toBeNull();
			await workspaces.leave("one", null);
			await workspaces.leave("one", "{}\n");
			expect(await workspaces.list()).toEqual([]);
		});

		it("sweeps nothing that somebody works in", async () => {
			const { workspaces, create, edit } = await made();
			await create("clean");
			await create("dirty");
			await create("frozen");
			await edit("dirty", { "app.txt": "edited\n" });
			await workspaces.freeze("frozen", true);
			const before = await workspaces.list();
			await workspaces.sweep();
			expect(await workspaces.list()).toEqual(before);
			expect(before).toHaveLength(3);
		});
	});
}
