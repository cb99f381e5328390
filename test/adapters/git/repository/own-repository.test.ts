// A life that finds everything right writes nothing, so that it can begin on a disk that takes nothing; what it cannot tidy, it tells.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { createFiles } from "../../../../src/adapters/system/files.js";
import { makeRepository, makeTools, type TestRepository } from "../../../support/git.js";

const execute = promisify(execFile);

/** Modules made anew: as another process has them. */
async function life({ root, stateDir }: TestRepository, files = createFiles()) {
	vi.resetModules();
	const { openOwnRepository } = await import("../../../../src/adapters/git/repository/own-repository.js");
	const tools = { ...makeTools(), files };
	return { own: await openOwnRepository({ root, stateDir, ...tools }), logged: tools.logged };
}

const full = {
	...createFiles(),
	writeAtomic: async () => {
		throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
	},
};

it("begins again without writing a byte, and answers", async () => {
	const operator = await makeRepository();
	const root = join(operator.root, "..", "linked");
	await operator.git("worktree", "add", "--quiet", "--detach", root);
	const repository = { ...operator, root, stateDir: join(root, ".deadman") };
	await life(repository);
	const written = [
		"gitconfig",
		"repo.git/config",
		"repo.git/info/attributes",
		"view.git/config",
		"view.git/info/attributes",
	];
	const times = () => Promise.all(written.map(async (name) => (await stat(join(repository.stateDir, name))).ctimeMs));
	const before = await times();
	const scratch = join(repository.stateDir, "scratch");
	const { birthtimeMs } = await stat(scratch);
	await writeFile(join(scratch, "left"), "half");
	const { own, logged } = await life(repository, full);
	expect(await own.git.text(["rev-parse", "--is-bare-repository"])).toBe("true");
	expect([await times(), await readdir(scratch), (await stat(scratch)).birthtimeMs]).toEqual([before, [], birthtimeMs]);
	expect(logged).toEqual([]);
});

it("writes what is not right, and does not go on with it", async () => {
	const repository = await makeRepository();
	await life(repository);
	for (const [name, text] of [
		["repo.git/config", "[core]\n\tfsmonitor = /bin/evil\n"],
		["gitconfig", `${await readFile(join(repository.stateDir, "gitconfig"), "utf8")}[core]\n\tfsmonitor = /bin/evil\n`],
	] as const) {
		await writeFile(join(repository.stateDir, name), text);
		await expect(life(repository, full), name).rejects.toThrow("ENOSPC");
		await life(repository);
		expect(await readFile(join(repository.stateDir, name), "utf8")).not.toContain("evil");
	}
});

it("goes on where it cannot tidy, and says so", async () => {
	const repository = await makeRepository();
	await life(repository);
	const scratch = join(repository.stateDir, "scratch");
	await mkdir(join(scratch, "busy"));
	await execute("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", join(scratch, "busy")]);
	try {
		const { own, logged } = await life(repository);
		expect(logged).toEqual(["repository.untidy"]);
		expect(await own.git.text(["rev-parse", "--is-bare-repository"])).toBe("true");
	} finally {
		await execute("umount", [join(scratch, "busy")]);
		await rm(scratch, { recursive: true });
	}
});
