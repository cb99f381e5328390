// Holds every channel to the contract.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createConsole } from "../../src/adapters/delivery/console.js";
import { createPage } from "../../src/adapters/delivery/page.js";
import { createFiles } from "../../src/adapters/system/files.js";
import { createNonces } from "../../src/adapters/system/nonces.js";
import type { Log } from "../../src/ports.js";
import { createMemoryDelivery } from "../support/memory/delivery.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../support/temporary.js";
import { describeDeliveryContract } from "./delivery.contract.js";

const log: Log = { info: () => {}, warn: () => {}, error: () => {} };

describeDeliveryContract("in memory", async () => {
	const delivery = createMemoryDelivery();
	const shown = async () =>
		[...delivery.shown.flatMap(({ title, lines }) => [title, ...lines]), ...delivery.notices].join("\n");
	return { delivery, shown, reborn: () => delivery, cleanUp: async () => {} };
});

describeDeliveryContract("console", async () => {
	let text = "";
	const make = () => createConsole({ write: (more) => (text += more) });
	return { delivery: make(), shown: async () => text, reborn: make, cleanUp: async () => {} };
});

describeDeliveryContract("page", async () => {
	const stateDir = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(stateDir, "nonces.key") });
	const make = () => createPage({ port: 0, stateDir, nonces, files: createFiles(), log });
	async function shown(): Promise<string> {
		const [key, port] = await Promise.all(
			["key", "port"].map((name) => readFile(join(stateDir, "page", name), "utf8")),
		);
		return (await fetch(`http://127.0.0.1:${port?.trim()}/${key?.trim()}/`)).text();
	}
	return { delivery: make(), shown, reborn: make, cleanUp: () => removeTemporaryFolder(stateDir) };
});
