// The bench of the surfaces: reads and heartbeats over the sockets against a bare Hono app that answers the same, and the start of the command line against node's own.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, closeTheatre, deadman, openTheatre, startSupervisor } from "../../fixtures/demo/theatre.js";
import { median, timed } from "./measure.js";

const run = promisify(execFile);
const bin = new URL("../../bin/deadman.js", import.meta.url).pathname;
const rounds = 7;
const calls = 3_000;

export async function surfaces(figure) {
	const theatre = await openTheatre();
	await startSupervisor(theatre);
	await build(theatre, "next", (source) => `${source}// next\n`);
	const { swap } = await deadman(theatre, "submit", "next", "--summary", "bench");
	await coldStart(theatre, figure);
	const real = join(theatre.stateDir, "deadman.sock");
	const get = { socketPath: real, path: `/v1/swaps/${swap.id}` };
	const echo = await openEcho(theatre.root, await answerOf(get));
	const heartbeat = { status: "busy", task: "bench", error: null };
	const headers = { "deadman-actor": "builder:bench" };
	await compare(figure, { name: "GET /v1/swaps/{id}", ours: get, bare: { socketPath: echo.path, path: "/object" } });
	await compare(figure, {
		name: "POST /v1/heartbeats",
		ours: { socketPath: real, path: "/v1/heartbeats", headers, body: heartbeat },
		bare: { socketPath: echo.path, path: "/echo", body: heartbeat },
	});
	await compare(figure, {
		name: "POST /v1/program/heartbeat",
		ours: { ...(await programOf(theatre)), path: "/v1/program/heartbeat", body: {} },
		bare: { socketPath: echo.path, path: "/echo", body: {} },
	});
	await echo.close();
	await closeTheatre(theatre);
}

async function coldStart({ root }, figure) {
	const [status, bare] = [[], []];
	for (let round = 0; round < 15; round += 1) {
		bare.push(await timed(() => run(process.execPath, ["-e", "0"])));
		status.push(await timed(() => run(process.execPath, [bin, "status", "--json"], { cwd: root })));
	}
	console.log(`     status ${median(status).toFixed(0)} ms, node -e 0 ${median(bare).toFixed(0)} ms (medians of 15)`);
	figure("deadman status --json / node -e 0", median(status) / median(bare), 3, "x");
}

/** The token and the socket that the running program was given, as its own environment has them. */
async function programOf({ root }) {
	const { stdout } = await run(process.execPath, [bin, "status", "--json"], { cwd: root });
	const { pid } = JSON.parse(stdout).supervisor.program;
	const env = Object.fromEntries(
		(await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").map((line) => line.split(/=(.*)/s).slice(0, 2)),
	);
	return { socketPath: env.DEADMAN_SOCKET, headers: { authorization: `Bearer ${env.DEADMAN_TOKEN}` } };
}

/** In turns, so that both meet the same machine. */
async function compare(figure, { name, ours, bare }) {
	const [mine, limit] = [measures(), measures()];
	await burst(ours);
	await burst(bare);
	for (let round = 0; round < rounds; round += 1) {
		await measure(bare, limit);
		await measure(ours, mine);
	}
	const [perSecond, latencyMs] = [mine, limit].reduce(
		([rates, waits], { rate, wait }) => [
			[...rates, median(rate)],
			[...waits, median(wait)],
		],
		[[], []],
	);
	console.log(
		`     ${name}: ${perSecond.map((one) => one.toFixed(0)).join(" against ")}/s with 8 in flight, ` +
			`${latencyMs.map((one) => one.toFixed(2)).join(" against ")} ms alone (medians of ${rounds})`,
	);
	figure(`throughput of ${name} / bare Hono`, perSecond[0] / perSecond[1], 0.5, "x", "at least");
	figure(`latency of ${name} / bare Hono`, latencyMs[0] / latencyMs[1], 2, "x");
}

const measures = () => ({ rate: [], wait: [] });

async function measure(target, { rate, wait }) {
	rate.push(await burst(target));
	wait.push(await alone(target));
}

async function burst(target) {
	const agent = new Agent({ keepAlive: true, maxSockets: 8 });
	const ms = await timed(() => Promise.all(Array.from({ length: calls }, () => answerOf({ ...target, agent }))));
	agent.destroy();
	return (calls * 1_000) / ms;
}

async function alone(target) {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	const waits = [];
	for (let call = 0; call < 100; call += 1) waits.push(await timed(() => answerOf({ ...target, agent })));
	agent.destroy();
	return median(waits);
}

async function openEcho(root, object) {
	const [path, objectPath] = ["echo.sock", "echo.json"].map((name) => join(root, ".deadman", name));
	await writeFile(objectPath, JSON.stringify(object));
	const file = new URL("./echo.js", import.meta.url).pathname;
	const child = spawn(process.execPath, [file, path, objectPath], { stdio: ["ignore", "pipe", "inherit"] });
	await once(child.stdout, "data");
	return {
		path,
		async close() {
			child.kill("SIGTERM");
			await once(child, "exit");
		},
	};
}

function answerOf({ socketPath, path, agent, body, headers = {} }) {
	return new Promise((resolve, reject) => {
		const method = body === undefined ? "GET" : "POST";
		const sent = request({ socketPath, path, agent, method, headers: { host: "deadman", ...headers } }, (answer) => {
			let text = "";
			answer.setEncoding("utf8");
			answer.on("data", (piece) => (text += piece));
			answer.on("end", () =>
				answer.statusCode < 300
					? resolve(JSON.parse(text))
					: reject(new Error(`${path}: ${answer.statusCode} ${text}`)),
			);
		});
		sent.on("error", reject);
		sent.end(body === undefined ? undefined : JSON.stringify(body));
	});
}
