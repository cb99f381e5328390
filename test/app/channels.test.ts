// What doctor finds out about channels without opening one: packages, secrets and people, each named with what to do.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { examineChannels } from "../../src/app/channels.js";
import { type Config, parseConfig } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";
import { temporaryFolder } from "../support/temporary.js";

const people = { ann: { identities: ["telegram:42", "app:U1"], roles: ["owner"] } } as const satisfies Config["people"];

async function examined(delivery: Config["delivery"], root?: string) {
	const config = { program: { command: "node server.js" }, people, delivery } as unknown as Config;
	const settings = parseConfig(config, "test");
	if (isRefusal(settings)) throw new Error(settings.message);
	return examineChannels({ root: root ?? (await temporaryFolder()), settings });
}

const telegram = { kind: "telegram", chat: "-1", token: { env: "A_BOT" } } as const;

describe("doctor, of channels", () => {
	it("is content where nothing is missing", async () => {
		vi.stubEnv("A_BOT", "1:abc");
		onTestFinished(() => void vi.unstubAllEnvs());
		const found = await examined([telegram, { kind: "console" }, { kind: "app" }]);
		expect(found).toEqual([
			{ name: "channels", level: "ok", sentence: expect.stringContaining("telegram, console, app"), next: null },
		]);
		expect(await examined([])).toMatchObject([{ level: "ok", sentence: expect.stringContaining("No channel") }]);
	});

	it("names the secret that is not there, wherever it should be", async () => {
		const root = await temporaryFolder();
		const file = { ...telegram, name: "ops", token: { file: "secrets/bot" } } as const;
		const found = await examined([telegram, file], root);
		expect(found).toMatchObject([
			{ name: "channel telegram", level: "warn", next: expect.stringContaining("A_BOT") },
			{ name: "channel ops", level: "warn", sentence: expect.stringContaining("secrets/bot") },
		]);
		await writeFile(join(root, "bot"), "1:abc\n");
		expect(await examined([{ ...file, token: { file: "bot" } }], root)).toMatchObject([{ level: "ok" }]);
	});

	it("names who cannot be heard", async () => {
		vi.stubEnv("A_BOT", "xoxb-1");
		onTestFinished(() => void vi.unstubAllEnvs());
		const slack = { kind: "slack", channel: "C1", token: { env: "A_BOT" }, appToken: { env: "A_BOT" } } as const;
		expect(await examined([slack])).toMatchObject([
			{
				name: "channel slack",
				level: "warn",
				sentence: expect.stringContaining("identity on slack"),
				next: expect.stringContaining("slack:ID"),
			},
		]);
	});

	it("names a program that could not take its messages", async () => {
		const program = { command: null, readiness: { http: "http://127.0.0.1:1/" } };
		const settings = parseConfig({ program, people, delivery: [{ kind: "app" }] } as unknown as Config, "test");
		if (isRefusal(settings)) throw new Error(settings.message);
		expect(await examineChannels({ root: "/", settings })).toMatchObject([
			{ name: "channel app", level: "warn", sentence: expect.stringContaining("no token") },
		]);
	});

	it("names the package that is not installed", async () => {
		vi.stubEnv("A_BOT", "1:abc");
		onTestFinished(() => void vi.unstubAllEnvs());
		vi.doMock("node:fs/promises", async (original) => ({
			...(await original<typeof import("node:fs/promises")>()),
			access: async (path: string) => {
				if (String(path).includes("@chat-adapter")) throw new Error("ENOENT");
			},
		}));
		vi.resetModules();
		onTestFinished(() => void vi.doUnmock("node:fs/promises"));
		const fresh = await import("../../src/app/channels.js");
		const settings = parseConfig(
			{ program: { command: "x" }, people, delivery: [telegram] } as unknown as Config,
			"test",
		);
		if (isRefusal(settings)) throw new Error(settings.message);
		expect(await fresh.examineChannels({ root: "/", settings })).toMatchObject([
			{
				sentence: expect.stringContaining("@chat-adapter/telegram is not installed"),
				next: "Install beside deadman: npm install @chat-adapter/telegram",
			},
		]);
	});
});
