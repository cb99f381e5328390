// The examples of docs/heartbeats.md, run as they stand there, by curl and by Python, against the gateway.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { isRefusal } from "../../../../src/core/refusals.js";
import { openGateway } from "./gateway-door.js";

const page = await readFile(join(import.meta.dirname, "../../../../docs/heartbeats.md"), "utf8");

function block(language: string): string {
	const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(page)?.[1];
	if (found === undefined) throw new Error(`There is no ${language} in it.`);
	return found;
}

it.each([
	["sh", "sh", "busy"],
	["python", "python3", "online"],
])("the example in %s is taken", async (language, program, status) => {
	const gateway = await openGateway();
	const base = `http://127.0.0.1:${gateway.port}/run/${gateway.runToken()}`;
	const env = { PATH: process.env.PATH, HOME: process.env.HOME, METADATA_BASE_URL: base };
	await promisify(execFile)(program, ["-c", `${language === "sh" ? "set -e\n" : ""}${block(language)}`], { env });
	const found = await gateway.scene.supervisor.showAgent("host");
	if (isRefusal(found)) throw new Error(found.message);
	expect(found).toMatchObject({ status, present: true });
	if (language === "sh")
		expect([found.installation?.state, found.errors[0]?.message]).toEqual(["active", "the model is slow"]);
	else expect([found.capabilities, found.workspaces[0]?.state]).toEqual([["plan"], "online"]);
});
