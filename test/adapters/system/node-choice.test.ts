// Which Node is chosen, and where it stands on a PATH: with real programs, the one that runs these tests and some that only say what they are.
import { chmod, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { examineNodeChoice } from "../../../src/adapters/system/examine-node.js";
import { createNodeChoice } from "../../../src/adapters/system/node-choice.js";
import { temporaryFolder } from "../../support/temporary.js";

const own = process.execPath;

/** Answers as a node of this version, which was compiled for `abi`. */
async function fakeNode(file: string, version: string, abi = "999"): Promise<string> {
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, `#!/bin/sh\nprintf '%s\\n' "$0" ${version} ${abi} linux x64\n`);
	await chmod(file, 0o755);
	return file;
}

const choiceOf = (wanted: string | undefined, home = "/nonexistent", path = "", root = "/") =>
	createNodeChoice({ wanted, root, home, path });

it("is the supervisor's own where nothing is said, and where it lies within what is", async () => {
	for (const wanted of [undefined, ">=20", own]) {
		const { version, abi } = await choiceOf(wanted).describe();
		expect({ version, abi }).toEqual({ version: process.versions.node, abi: process.versions.modules });
	}
});

it("is the newest on this machine within a range, by where version managers put theirs", async () => {
	const home = await temporaryFolder();
	await fakeNode(join(home, ".nvm/versions/node/v98.1.0/bin/node"), "98.1.0");
	const best = await fakeNode(join(home, ".asdf/installs/nodejs/98.12.0/bin/node"), "98.12.0", "140");
	await fakeNode(join(home, ".volta/tools/image/node/97.0.0/bin/node"), "97.0.0");
	await fakeNode(join(home, ".nvm/versions/node/broken/bin/node"), "none");
	const choice = choiceOf("98", home);
	expect(await choice.describe()).toMatchObject({ path: best, version: "98.12.0", abi: "140" });
	expect(await choice.searchPath("/usr/bin:/bin")).toBe(`${dirname(best)}:/usr/bin:/bin`);
	await expect(choiceOf("96", home).describe()).rejects.toMatchObject({ refusal: { code: "node_missing" } });
});

it("is at a path, of the program or of its folder, and nothing that does not run", async () => {
	const root = await temporaryFolder();
	const there = await fakeNode(join(root, "node-98/bin/node"), "98.0.0");
	expect((await choiceOf("./node-98", undefined, "", root).describe()).path).toBe(there);
	expect((await choiceOf("./node-98/bin/node", undefined, "", root).describe()).path).toBe(there);
	await writeFile(join(root, "text"), "not a program");
	await writeFile(join(root, "other"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
	for (const [path, why] of [
		["./absent", "no program"],
		["./text", "no program"],
		["./other", "does not answer"],
	] as const) {
		const error = await choiceOf(path, undefined, "", root)
			.describe()
			.catch((reason: unknown) => reason);
		expect(error).toMatchObject({ refusal: { code: "node_missing" } });
		expect(String(error)).toContain(why);
	}
});

it("stands first on a PATH, unless `node` leads to it already", async () => {
	const folder = await temporaryFolder();
	const [linked, other] = [join(folder, "linked"), join(folder, "other")];
	await mkdir(linked);
	await symlink(own, join(linked, "node"));
	await fakeNode(join(other, "node"), "12.0.0");
	const choice = choiceOf(undefined);
	expect(await choice.searchPath(`${linked}:${other}`)).toBe(`${linked}:${other}`);
	expect(await choice.searchPath(`${other}:${linked}`)).toBe(`${dirname(own)}:${other}:${linked}`);
	expect(await choice.searchPath("")).toBe(dirname(own));
});

it("doctor compares it with the one that a search finds", async () => {
	const folder = await temporaryFolder();
	await fakeNode(join(folder, "node"), "12.0.0");
	const said = async (path: string) => (await examineNodeChoice(choiceOf(undefined), path)).findings[0];
	expect(await said(folder)).toMatchObject({ level: "warn", next: expect.stringContaining("`program.node`") });
	expect((await said(folder))?.sentence).toContain("The node on PATH is 12.0.0");
	expect(await said("/nonexistent")).toMatchObject({
		level: "ok",
		sentence: expect.stringContaining("no node on PATH"),
	});
	expect(await said(dirname(own))).toMatchObject({ level: "ok" });
	expect(await examineNodeChoice(choiceOf("96"), "")).toMatchObject({ version: null, findings: [{ level: "bad" }] });
	await cp(own, join(folder, "copied"));
	expect((await choiceOf(join(folder, "copied")).describe()).path).toBe(join(folder, "copied"));
});
