// The command for outcomes, run for real: what it is given, what it does not see, and what is no receipt.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createOutcomeCommand } from "../../../../src/adapters/channels/outcomes/outcome-command.js";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { outcomeReportOf } from "../../../../src/core/words/outcome-report.js";
import type { Telling } from "../../../../src/ports/ports.js";
import { swapIn } from "../../../core/journeys.js";
import { temporaryFolder } from "../../../support/temporary.js";

const commands = createCommands({ scrub: (text) => text });

function telling(change: Partial<Telling> = {}): Telling {
	const report = outcomeReportOf(swapIn("rolled_back"));
	if (report === null) throw new Error("nothing to tell");
	const signal = new AbortController().signal;
	return { report, delivery: "sw_abc234.1.7", isCurrent: async () => true, signal, ...change };
}

async function channel(command: string | readonly string[]) {
	const root = await temporaryFolder();
	const env = { PATH: process.env.PATH, HOME: root, SECRET_CANARY: "canary-value" };
	return { root, it: createOutcomeCommand({ command, root, commands, env }) };
}

it("is run in the repository with the report on its stdin, and inherits no more than finds programs", async () => {
	const { root, it } = await channel("cat > heard.json; env > environment");
	await it.tell(telling());
	expect(JSON.parse(await readFile(join(root, "heard.json"), "utf8"))).toEqual({
		schemaVersion: 1,
		outcome: telling().report,
	});
	const environment = await readFile(join(root, "environment"), "utf8");
	expect(environment).toContain("DEADMAN_DELIVERY=sw_abc234.1.7");
	expect(environment).toContain("DEADMAN_SWAP_ID=sw_abc234");
	expect(environment).not.toContain("canary-value");
});

it("as an array is run without a shell", async () => {
	const { root, it } = await channel(["tee", "a b; $HOME"]);
	await it.tell(telling());
	expect(await readFile(join(root, "a b; $HOME"), "utf8")).toContain("sw_abc234");
});

it("that reads nothing has heard it all the same", async () => {
	const { it } = await channel(["true"]);
	await expect(it.tell(telling())).resolves.toBeUndefined();
});

it.each([
	["fails", "echo no >&2; exit 3"],
	["is not there", ["/nowhere/at/all"]],
])("that %s is told again", async (_, command) => {
	const { it } = await channel(command);
	await expect(it.tell(telling())).rejects.toThrow();
});

it("is ended when the supervisor stops", async () => {
	const stop = new AbortController();
	const { it } = await channel(["sleep", "600"]);
	const told = it.tell(telling({ signal: stop.signal }));
	stop.abort();
	await expect(told).rejects.toMatchObject({ reason: "aborted" });
});
