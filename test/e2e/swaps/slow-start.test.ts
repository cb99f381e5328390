// One story: when is a start slow, and when has it failed? Progress extends it, `ready()` ends it, and no answer is believed that is
// not tied to the candidate itself.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import {
	attempt,
	build,
	close,
	contents,
	deadman,
	factsOf,
	finish,
	habit,
	openScene,
	programOf,
	raise,
	reach,
	seen,
	serving,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

describe("asked over HTTP", async () => {
	const scene = await openScene({
		configure(config) {
			Object.assign(config.program.readiness, { timeout: "2s", progressLine: "^progress \\d+/\\d+$" });
		},
	});
	afterAll(() => close(scene));
	const slowly = { STEPS: "8", STEP_MS: "500" };

	test("a start twice as long as the timeout is fine while it says that it gets on", { timeout: 60_000 }, async () => {
		await raise(scene);
		await writeNotes(scene, 2);
		const swap = await attempt(scene, "slow", habit("slow-start", slowly), "awaiting_confirmation");
		expect(swap).toMatchObject({ status: "awaiting_confirmation", boots: 1 });
		const ready = (await factsOf(scene, swap.id)).find(({ type }) => type === "ready");
		expect(ready.evidence).toMatchObject({ release: swap.candidateRelease, tiedBy: "header" });
		expect(ready.evidence.coldStartMs).toBeGreaterThan(3_500);
		expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
		expect(await serving(scene, (answer) => answer.version === "1")).toMatchObject({ notes: 2 });
	});

	test("the same start in silence has failed", { timeout: 60_000 }, async () => {
		const silent = (source: string) => `console.log = () => {};\n${habit("slow-start", slowly)()}//${source.length}\n`;
		const swap = await attempt(scene, "silent", silent, "rolled_back");
		expect(swap).toMatchObject({ status: "rolled_back", cause: { code: "not_ready" } });
	});

	test("an answer that names another release is not believed", { timeout: 60_000 }, async () => {
		const before = await state(scene);
		const foreign = (source: string) => source.replace('process.env.DEADMAN_RELEASE ?? "none"', '"base-of-somebody"');
		const swap = await attempt(scene, "foreign-header", foreign, "rolled_back");
		expect(swap).toMatchObject({ status: "rolled_back", handshake: "rolled_back", cause: { code: "not_ready" } });
		expect(swap.cause.message).toContain(`base-of-somebody answered instead of ${swap.candidateRelease}`);
		expect(await state(scene)).toEqual(before);
	});

	test("an answer from somebody else's process is not believed", { timeout: 60_000 }, async () => {
		const before = await state(scene);
		await build(scene, "foreign-port", habit("never-ready"));
		const { swap } = await deadman(scene, "submit", "foreign-port", "--summary", "Its port is held by somebody else");
		await seen(scene, swap.id, "cutting over", ({ boots }) => boots === 1);
		const foreign = await holdPort(scene.port);
		const end = await seen(scene, swap.id, "judged", ({ status }) => status !== "cutting_over");
		await release(foreign.server);
		expect(foreign.answered()).toBeGreaterThan(0);
		expect(end.cause).toMatchObject({ code: "port_held" });
		expect(end.cause.message).toContain(`Port ${scene.port} belongs to process ${process.pid}`);
		expect(await reach(scene, swap.id, "rolled_back")).toMatchObject({
			status: "rolled_back",
			handshake: "rolled_back",
		});
		expect(await serving(scene, (answer) => answer.version === "1")).toMatchObject({ notes: 2 });
		expect(await state(scene)).toEqual(before);
	});
});

/** Says 200 to everything, without naming a release. */
async function holdPort(port: number): Promise<{ server: Server; answered: () => number }> {
	let answered = 0;
	const server = createServer((_, response) => {
		answered += 1;
		response.end("fine");
	});
	onTestFinished(() => release(server));
	server.listen(port, "127.0.0.1");
	await once(server, "listening");
	return { server, answered: () => answered };
}

async function release(server: Server): Promise<void> {
	if (!server.listening) return;
	server.close();
	server.closeAllConnections();
	await once(server, "close");
}

describe("said by the program: ready()", async () => {
	const saysReady = 'server.on("listening", () => import(process.env.DEADMAN_CLIENT).then(({ ready }) => ready()));\n';
	const scene = await openScene({
		async populate(root) {
			const { readFile } = await import("node:fs/promises");
			const path = join(root, "server.cjs");
			await writeFile(path, `${await readFile(path, "utf8")}${saysReady}`);
		},
		configure(config) {
			config.program.readiness = { report: true, timeout: "2s", minUptime: "100ms", interval: "200ms" };
		},
	});
	afterAll(() => close(scene));

	test("ends the start, and is tied to the run by its token", { timeout: 60_000 }, async () => {
		await raise(scene);
		expect(await programOf(scene)).toMatchObject({ state: "running", proven: true });
		const swap = await attempt(scene, "reports", version(2), "awaiting_confirmation");
		const ready = (await factsOf(scene, swap.id)).find(({ type }) => type === "ready");
		expect(ready.evidence).toMatchObject({ release: swap.candidateRelease, tiedBy: "token" });
		expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
		expect(await until("it is kept", async () => (await programOf(scene)).proven)).toBe(true);
	});

	test("a version that serves and never says it is rolled back", { timeout: 60_000 }, async () => {
		const mute = (source: string) => version(3)(source).replace(saysReady, "");
		const swap = await attempt(scene, "mute", mute, "rolled_back");
		expect(swap).toMatchObject({ status: "rolled_back", cause: { code: "not_ready" } });
		expect(await serving(scene, (answer) => answer.version === "2")).toMatchObject({ schema: 1 });
		expect(contents(scene).check).toBe("ok");
	});
});
