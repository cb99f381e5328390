// The channels of builders as configured, and where the webhook's secret comes from.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { builderChannels, webhookSecrets } from "../../src/app/builders.js";
import { parseConfig, type Settings } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";
import { temporaryFolder } from "../support/temporary.js";

const url = "https://builders.example/outcomes";

function settingsWith(builders: object): Settings {
	const settings = parseConfig({ program: { command: "node server.js" }, builders }, "config.json");
	if (isRefusal(settings)) throw new Error(settings.message);
	return settings;
}

it("are the workspace always, and what is configured behind it", () => {
	const parts = { root: "/", workspaces: {}, commands: {}, clock: {} } as never;
	const names = (builders: object) =>
		builderChannels({ ...(parts as object), settings: settingsWith(builders) } as never).map(({ name }) => name);
	expect(names({})).toEqual(["builder:workspace"]);
	const webhook = { url, secretEnv: "X" };
	expect(names({ webhook, command: "cat" })).toEqual(["builder:workspace", "builder:webhook", "builder:command"]);
});

it("a secret is known to the scrubber, from a file or from the environment", async () => {
	const root = await temporaryFolder();
	await writeFile(join(root, "hook.secret"), "of-the-file\n");
	vi.stubEnv("HOOK_SECRET", "of-the-environment");
	try {
		const secrets = (from: object) => webhookSecrets(root, settingsWith({ webhook: { url, ...from } }));
		expect(await secrets({ secretFile: "hook.secret" })).toEqual(["of-the-file"]);
		expect(await secrets({ secretFile: join(root, "hook.secret") })).toEqual(["of-the-file"]);
		expect(await secrets({ secretEnv: "HOOK_SECRET" })).toEqual(["of-the-environment"]);
		expect(await secrets({ secretFile: "absent" })).toEqual([]);
		expect(await secrets({ secretEnv: "HOOK_SECRET_ABSENT" })).toEqual([]);
		expect(await webhookSecrets(root, settingsWith({}))).toEqual([]);
	} finally {
		vi.unstubAllEnvs();
	}
});
