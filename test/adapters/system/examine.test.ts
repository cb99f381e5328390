// What `deadman doctor` says of the machine: Node's version, the state folder's owner and mode, and the space.
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examineSystem, nodeFinding } from "../../../src/adapters/system/examine.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { temporaryFolder } from "../../support/temporary.js";

test.each([
	["20.18.3", "bad"],
	["20.19.0", "ok"],
	["22.1.0", "ok"],
	["18.20.0", "bad"],
] as const)("Node %s is %s", (version, level) => {
	expect(nodeFinding(version).level).toBe(level);
});

test("a state folder that others can read is bad, and the sentence says how to mend it", async () => {
	const stateDir = join(await temporaryFolder(), "state");
	await mkdir(stateDir, { mode: 0o700 });
	const levelOf = async () =>
		(await examineSystem({ stateDir, files: createFiles() })).find(({ name }) => name === "permissions");
	expect((await levelOf())?.level).toBe("ok");
	await chmod(stateDir, 0o755);
	expect(await levelOf()).toMatchObject({ level: "bad", next: expect.stringContaining("chmod 700") });
});

test("a disk without room for a rollback is bad", async () => {
	const files = { ...createFiles(), freeBytes: async () => 1024 };
	const findings = await examineSystem({ stateDir: await temporaryFolder(), files });
	expect(findings.find(({ name }) => name === "space")?.level).toBe("bad");
});
