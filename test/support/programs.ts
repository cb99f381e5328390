// Real programs for tests: composes the process adapters over a state folder of their own, and ends what they started.
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createCommands } from "../../src/adapters/process/confine/commands.js";
import { createProbe } from "../../src/adapters/process/run/probe.js";
import { createPrograms } from "../../src/adapters/process/run/programs.js";
import { createClock } from "../../src/adapters/system/clock.js";
import { configSchema, type Settings } from "../../src/config/config.js";
import { createScrub } from "../../src/core/rules/redact.js";
import type { Clock, Log, Probe, ProbeAnswer, Programs, Run } from "../../src/ports/ports.js";
import { temporaryFolder } from "./temporary.js";
import { until } from "./until.js";

export const programsFolder = fileURLToPath(new URL("../../fixtures/programs", import.meta.url));

export interface Stage {
	readonly programs: Programs;
	readonly probe: Probe;
	readonly clock: Clock;
	readonly stateDir: string;
	readonly instance: string;
	readonly port: number;
	readonly settings: Settings["program"];
	/** A second life of the supervisor over the same state. */
	again(): Programs;
	start(release?: string, swapId?: string | null): Promise<Run>;
	ask(run: Run): Promise<ProbeAnswer>;
	healthy(run: Run): Promise<ProbeAnswer>;
	logged(run: Run, text: string): Promise<string>;
}

export interface StageOptions {
	/** One of fixtures/programs, or a whole command. */
	readonly program?: string;
	readonly command?: string | readonly string[] | null;
	readonly env?: Readonly<Record<string, string>>;
	readonly readiness?: Readonly<Record<string, unknown>>;
	readonly stopGrace?: string;
	readonly stopSignal?: string;
	readonly stopOrder?: "group" | "leader";
	readonly passEnv?: readonly string[];
	readonly secrets?: readonly string[];
	/** Where the state lies; a folder of its own when left out. */
	readonly stateDir?: string;
	readonly log?: Log;
}

/** Call it inside a test: everything that it starts is ended when the test is. `{port}` in texts stands for a free port. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
	const port = await freePort();
	const settings = settingsOf(options, port);
	const stateDir = options.stateDir ?? (await temporaryFolder());
	const instance = randomUUID();
	const clock = createClock();
	const scrub = createScrub({ secrets: options.secrets ?? [] });
	const shared = { program: settings, root: stateDir, stateDir, instance, scrub, clock, log: options.log ?? silentLog };
	const sockets = { program: `${stateDir}/program.sock` };
	const again = () => createPrograms({ ...shared, sockets });
	const programs = again();
	const commands = createCommands({ scrub });
	const probe = createProbe({ readiness: settings.readiness, stateDir, scrub, commands, clock });
	onTestFinished(() => again().stopAll());
	const ask = (run: Run) => probe.ask(run, programsFolder, AbortSignal.timeout(20_000));
	return {
		programs,
		probe,
		clock,
		stateDir,
		instance,
		port,
		settings,
		again,
		start: (release = "r_one", swapId = null) => programs.start({ release, folder: programsFolder, swapId }),
		ask,
		healthy: (run) =>
			until("the program is healthy", async () => {
				const answer = await ask(run);
				return answer.healthy ? answer : null;
			}),
		logged: (run, text) =>
			until(`the log holds ${text}`, async () =>
				(await programs.logTail(run.release, 200)).find((line) => line.includes(text)),
			),
	};
}

function settingsOf(options: StageOptions, port: number): Settings["program"] {
	const { program = "serves.js", env = {}, readiness = {}, stopGrace = "2s", passEnv = [] } = options;
	const { stopSignal = "SIGTERM", stopOrder = "group" } = options;
	const fill = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll("{port}", String(port)));
	return configSchema.parse({
		program: {
			command: options.command === undefined ? `node ${program}` : options.command,
			env: { PORT: String(port), ...env },
			readiness: fill(readiness),
			stopGrace,
			stopSignal,
			stopOrder,
			passEnv,
		},
	}).program;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.on("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			const port = typeof address === "object" && address !== null ? address.port : 0;
			server.close(() => resolve(port));
		});
	});
}
