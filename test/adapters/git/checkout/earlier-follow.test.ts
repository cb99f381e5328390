// What older versions left of a confirm: files and locks of theirs are removed, and a checkout that stayed behind is told with the command that mends it.
import { execFile } from "node:child_process";
import { link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { plainGit, plainGitEnvironment, type Tree, writeTree } from "../../../support/git.js";
import { type Confirmed, leftoversOf, makeConfirmed } from "../../../support/git-follow.js";

const first: Tree = { "app.txt": "one\n", "b c.txt": "one\n", "kept.txt": "kept\n", "gone.txt": "gone\n" };
const change: Tree = { "app.txt": "two\n", "b c.txt": "two\n", "gone.txt": null, "new/file.txt": "new\n" };

/** As they moved it, without the checkout. */
async function makeMoved(): Promise<Confirmed> {
	const all = await makeConfirmed(first, change);
	await plainGit(all.root, "fetch", "--quiet", join(all.stateDir, "repo.git"), all.to);
	await plainGit(all.root, "update-ref", "refs/heads/main", all.to);
	return all;
}

/** As a person types it. */
async function type(all: Confirmed, command: string): Promise<void> {
	await promisify(execFile)("/bin/sh", ["-c", command], { cwd: all.root, env: plainGitEnvironment });
}

it("finds nothing where all is well", async () => {
	const all = await makeConfirmed(first, change);
	expect(await all.port.tidyCheckout()).toEqual({ removed: [], behind: null });
	await all.advance();
	expect(await all.port.tidyCheckout()).toEqual({ removed: [], behind: null });
});

it("removes files and a lock of ours, and no lock of another", async () => {
	const all = await makeConfirmed(first, change);
	const at = (name: string) => join(all.root, ".git", name);
	await mkdir(at("deadman-files"));
	await writeFile(at("deadman-files/app.txt"), "two\n");
	await writeFile(at("deadman-index"), "half an index");
	await link(at("deadman-index"), at("index.lock"));
	const removed = ["index.lock", "deadman-index", "deadman-files"].map(at);
	expect(await all.port.tidyCheckout()).toEqual({ removed, behind: null });
	expect(await leftoversOf(all)).toEqual([]);
	await writeFile(at("deadman-index"), "half an index");
	await writeFile(at("index.lock"), "another's");
	expect(await all.port.tidyCheckout()).toEqual({ removed: [at("deadman-index")], behind: null });
});

it("finds a checkout that stayed behind, and its command mends it", async () => {
	const all = await makeMoved();
	await writeTree(all.root, { "kept.txt": "mine\n" });
	const { behind } = await all.port.tidyCheckout();
	expect(behind).toMatchObject({
		commit: all.to,
		paths: ["app.txt", "b c.txt", "gone.txt", "new/file.txt"],
		edited: [],
	});
	await type(all, behind?.command ?? "");
	expect(await all.git("status", "--porcelain")).toBe(" M kept.txt");
	expect((await all.port.tidyCheckout()).behind).toBeNull();
});

it("finds a checkout that is half switched, and keeps its command off the operator's edits", async () => {
	const all = await makeMoved();
	await writeTree(all.root, { "app.txt": "two\n", "b c.txt": "mine\n" });
	const { behind } = await all.port.tidyCheckout();
	expect(behind).toMatchObject({ paths: ["app.txt", "gone.txt", "new/file.txt"], edited: ["b c.txt"] });
	await type(all, behind?.command ?? "");
	expect(await all.git("status", "--porcelain")).toBe(' M "b c.txt"');
	expect((await all.port.tidyCheckout()).behind).toBeNull();
});

it("leaves alone what a plan still needs", async () => {
	const all = await makeConfirmed(first, change);
	const gate: typeof all.tools.gate = {
		around: async (site, effect) => {
			if (site === "checkout.files") throw new Error("failed");
			return effect();
		},
	};
	await expect(all.advance({ gate })).rejects.toThrow("failed");
	expect(await all.port.tidyCheckout()).toEqual({ removed: [], behind: null });
	expect(await all.port.head()).toMatchObject({ code: "git_locked" });
	expect(await all.advance()).toMatchObject({ moved: true });
	expect(await all.git("status", "--porcelain")).toBe("");
});
