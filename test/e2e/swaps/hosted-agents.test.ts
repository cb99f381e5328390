// One story: programs of other systems, with nothing of ours in them, move over unchanged. A new version connects, reports ready, sends its first
// message, and then reports a fatal: it is rolled back, and the card says why without the secret.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../../support/programs.js";
import { attempt, close, deadman, factsOf, finish, type Json, openScene, raise, reach, seen, until } from "../scene.js";

const programs = fileURLToPath(new URL("../../../fixtures/agents", import.meta.url));

/** The program of the scene is the foreign one; its mood is what a change changes. */
const hosted = (command: string, mood: string) => (): string =>
	`
const { spawn } = require("node:child_process");
const env = { ...process.env, MOOD: ${JSON.stringify(mood)}, FATAL_AFTER: "5" };
const child = spawn(${JSON.stringify(command)}, [${JSON.stringify(command === "python3" ? "agents/hosted.py" : "agents/hosted.mjs")}], { env, stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
`;

const port = await freePort();
const scene = await openScene({
	async populate(root) {
		await cp(programs, join(root, "agents"), { recursive: true });
		await writeFile(join(root, "server.cjs"), hosted("node", "recovers")());
	},
	configure(config, root) {
		config.http = { port };
		config.databases = [];
		config.program.heartbeat = "20s";
		config.program.readiness = { agentReady: true, minUptime: "200ms", timeout: "30s" };
		config.delivery = [
			{ kind: "command", command: `cat >> ${join(root, "cards.jsonl")}; echo >> ${join(root, "cards.jsonl")}` },
		];
	},
});
afterAll(() => close(scene));

const cards = () => readFile(join(scene.root, "cards.jsonl"), "utf8");
const agent = async (): Promise<Json> => (await deadman(scene, "agents", "host")).agent;

test("the live version is proven by its connected channel; outside of a trial a fatal bars it until its next heartbeat", {
	timeout: 60_000,
}, async () => {
	await raise(scene);
	await until("it has recovered", async () => (await agent())?.errors.length === 2);
	expect(await agent()).toMatchObject({
		...{ name: "host", target: "host", present: true, status: "online", reason: "recovered" },
		errors: [
			{ severity: "warning", message: "401 200" },
			{ severity: "fatal", message: "lost the channel", swapId: null },
		],
		milestones: { state: "ready", transport: "socket" },
	});
	const { supervisor } = await deadman(scene, "status");
	expect(supervisor.agents).toMatchObject([{ name: "host", status: "online", present: true }]);
});

test("a new version connects, sends its first message, and is rolled back by its fatal five seconds later", {
	timeout: 90_000,
}, async () => {
	const before = (await agent()).release;
	const trial = await attempt(scene, "fatal", hosted("python3", "fatal"), "awaiting_confirmation");
	await until("its first message is on the card", async () =>
		(await cards()).includes("It has sent its first message."),
	);
	const swap = await reach(scene, trial.id, "rolled_back");
	expect(swap).toMatchObject({ status: "rolled_back", cause: { code: "fatal_reported" } });
	expect(swap.cause.message).toContain("The new version reported a fatal error: cannot reach the model");
	const facts = await factsOf(scene, trial.id);
	const at = (type: string) => facts.find((fact) => fact.type === type)?.atMs;
	expect(at("fatalReported") - at("ready")).toBeGreaterThan(3_000);
	expect(facts.find(({ type }) => type === "ready").evidence).toMatchObject({
		probe: "agent_ready: over socket",
		tiedBy: "token",
	});
	const shown = await until("the card says why", async () =>
		(await cards()).includes("Cause: The new version reported") ? cards() : null,
	);
	expect(shown).not.toContain("canary");
	expect(await readFile(join(scene.root, "supervisor.log"), "utf8")).not.toContain("canary");
	await until("the version before reports again", async () => {
		const { release, status, milestones } = await agent();
		return release === before && status === "online" && milestones.state === "active";
	});
	const error = (await agent()).errors.find(({ swapId }: Json) => swapId === trial.id);
	expect(error).toMatchObject({
		severity: "fatal",
		swapId: trial.id,
		context: { apiKey: "[REDACTED]", tokenCount: 3 },
	});
	expect(JSON.stringify(await agent())).not.toContain("canary");
});

test("warnings stand on the card and decide nothing", { timeout: 60_000 }, async () => {
	const trial = await attempt(scene, "warns", hosted("python3", "warns"), "awaiting_confirmation");
	await until("the card counts it", async () => (await cards()).includes("It warned once, last: the model is slow."));
	expect(await agent()).toMatchObject({ hardware: { python: 3 }, workspaces: [{ id: "py-1", state: "online" }] });
	await seen(scene, trial.id, "still on trial", ({ status }) => status === "awaiting_confirmation");
	expect((await finish(scene, trial.id, "confirm")).status).toBe("finalized");
});
