// What every set of workspaces promises: one branch each, only commits leave it, nothing uncommitted is lost.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/core/refusals.js";
import type { Workspaces } from "../../src/ports.js";

export interface WorkspacesUnderTest {
	readonly workspaces: Workspaces;
	readonly first: string;
	edit(name: string, files: Readonly<Record<string, string | null>>): Promise<void>;
	commit(name: string): Promise<string>;
}

export function describeWorkspacesContract(name: string, makeIt: () => Promise<WorkspacesUnderTest>): void {
	describe(`workspaces: ${name}`, () => {
		it("makes one on its own branch, at the commit that was asked for", async () => {
			const { workspaces, first } = await makeIt();
			const made = await workspaces.create("fix-1", first);
			expect(made).toMatchObject({ name: "fix-1", branch: "dev/fix-1", head: first });
			expect(await workspaces.list()).toEqual([made]);
			expect(await workspaces.head("fix-1")).toBe(first);
		});

		it("refuses a second of the same name, a bad name and an unknown commit", async () => {
			const { workspaces, first } = await makeIt();
			await workspaces.create("one", first);
			expect(await workspaces.create("one", first)).toMatchObject({ code: "workspace_exists" });
			for (const bad of ["", "../up", "a b", "a/b", "x".repeat(41), "dot.lock"]) {
				expect(await workspaces.create(bad, first)).toMatchObject({ code: "workspace_name" });
			}
			expect(await workspaces.create("two", "1".repeat(40))).toMatchObject({ code: "revision_unknown" });
			expect((await workspaces.list()).map((one) => one.name)).toEqual(["one"]);
		});

		it("gives its head only when everything is committed", async () => {
			const { workspaces, first, edit, commit } = await makeIt();
			await workspaces.create("one", first);
			await edit("one", { "app.txt": "edited\n" });
			const refusal = await workspaces.head("one");
			expect(refusal).toMatchObject({ code: "workspace_dirty", message: expect.stringContaining("app.txt") });
			const commited = await commit("one");
			expect(await workspaces.head("one")).toBe(commited);
			await edit("one", { "forgotten.txt": "new\n" });
			expect(await workspaces.head("one")).toMatchObject({ message: expect.stringContaining("forgotten.txt") });
		});

		it("removes one with its branch, but not over uncommitted work", async () => {
			const { workspaces, first, edit, commit } = await makeIt();
			await workspaces.create("one", first);
			await workspaces.create("two", first);
			await edit("one", { "app.txt": "edited\n" });
			expect(await workspaces.remove("one")).toMatchObject({ code: "workspace_dirty" });
			expect(await workspaces.list()).toHaveLength(2);
			await commit("one");
			expect(await workspaces.remove("one")).toBeNull();
			expect((await workspaces.list()).map((one) => one.name)).toEqual(["two"]);
			const again = await workspaces.create("one", first);
			expect(isRefusal(again)).toBe(false);
		});

		it("knows no workspace that was never made", async () => {
			const { workspaces } = await makeIt();
			expect(await workspaces.list()).toEqual([]);
			expect(await workspaces.head("none")).toMatchObject({ code: "workspace_unknown" });
			expect(await workspaces.remove("none")).toMatchObject({ code: "workspace_unknown" });
		});
	});
}
