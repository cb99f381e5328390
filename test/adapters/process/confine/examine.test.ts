// What `deadman doctor` says of the sandbox and of builders who share the supervisor's user.
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { examineConfinement, sandboxFinding } from "../../../../src/adapters/process/confine/examine.js";
import { temporaryFolder } from "../../../support/temporary.js";

const works = { sandbox: { version: "bubblewrap 0.8.0", sized: true } };
const missing = { sandbox: null, why: "there is no bwrap on the PATH" };

it.each([
	["auto", works, "ok", "bubblewrap 0.8.0 works"],
	["required", works, "ok", "(required)"],
	["off", works, "warn", "without it"],
	["auto", missing, "warn", "no bwrap"],
	["off", missing, "warn", "no bwrap"],
	["required", missing, "bad", "nothing is staged"],
] as const)("a sandbox that is %s, %o: %s", (mode, found, level, sentence) => {
	const finding = sandboxFinding(mode, found);
	expect(finding).toMatchObject({ name: "sandbox", level, sentence: expect.stringContaining(sentence) });
	expect(finding.next === null).toBe(level === "ok");
});

it("finds out by running it", async () => {
	const root = await temporaryFolder();
	const [here] = await examineConfinement({ root, stateDir: root, sandbox: "auto" });
	expect(here, "install bubblewrap").toMatchObject({ level: "ok" });
	vi.stubEnv("PATH", root);
	const [nowhere] = await examineConfinement({ root, stateDir: root, sandbox: "auto" });
	expect(nowhere).toMatchObject({ level: "warn", next: expect.stringContaining("bubblewrap") });
});

it("warns when builders share the user, and names the real boundary", async () => {
	const root = await temporaryFolder();
	const [, finding] = await examineConfinement({ root, stateDir: root, sandbox: "off" });
	expect(finding).toMatchObject({ name: "builders", level: "warn", next: expect.stringContaining("another user") });
});

it("is content with a state folder out of the builders' reach", async () => {
	const top = await mkdtemp("/var/tmp/deadman-examine-");
	onTestFinished(() => rm(top, { recursive: true }));
	const [root, inside, apart] = [join(top, "app"), join(top, "app", ".deadman"), join(top, "state")];
	for (const folder of [root, inside, apart]) await mkdir(folder);
	const builders = async (stateDir: string) => (await examineConfinement({ root, stateDir, sandbox: "off" }))[1];
	// Only root can give files away; for others, folders of the system are another user's.
	if (process.getuid?.() !== 0) return expect(await builders("/usr/share")).toMatchObject({ level: "ok", next: null });
	await chown(root, 65_534, 65_534);
	expect(await builders(apart)).toMatchObject({ level: "ok", next: null });
	expect(await builders(inside)).toMatchObject({ level: "warn", sentence: expect.stringContaining(root) });
	await chmod(top, 0o777);
	expect(await builders(apart)).toMatchObject({ level: "warn", sentence: expect.stringContaining(top) });
});
