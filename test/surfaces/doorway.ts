// A folder with a configuration and both sockets open over a scripted supervisor, as `deadman run` would serve them.

import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { createClock } from "../../src/adapters/system/clock.js";
import type { Instant } from "../../src/core/deadman.js";
import { openAuthority } from "../../src/core/people/authority.js";
import { createScrub } from "../../src/core/rules/redact.js";
import type { Clock, Log } from "../../src/ports/ports.js";
import { createDoors } from "../../src/surfaces/http/doors/doors.js";
import type { FakeSupervisor } from "../support/memory/supervisor.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../support/temporary.js";
import { until as untilSeen } from "../support/until.js";

export const wallMs = Date.UTC(2026, 10, 21, 12);
export const now = (): Instant => ({ wallMs, bootMs: 1_000, bootId: "boot-1" });

/** Its timers are real; the time that it tells stands still. */
export const clock: Clock = { ...createClock(), now };

export interface Line {
	readonly level: "info" | "warn" | "error";
	readonly event: string;
	readonly details: Readonly<Record<string, unknown>>;
}

export function createLines(): { readonly lines: readonly Line[]; readonly log: Log } {
	const lines: Line[] = [];
	const at =
		(level: Line["level"]) =>
		(event: string, details: Readonly<Record<string, unknown>> = {}) =>
			void lines.push({ level, event, details });
	return { lines, log: { info: at("info"), warn: at("warn"), error: at("error") } };
}

export interface Doorway {
	readonly root: string;
	readonly stateDir: string;
	readonly operator: string;
	readonly program: string;
	readonly lines: readonly Line[];
	open(): Promise<void>;
	shut(): Promise<void>;
	remove(): Promise<void>;
}

export const smallConfig = { program: { command: "node server.js" } };

export async function createDoorway(supervisor: FakeSupervisor, config: object = smallConfig): Promise<Doorway> {
	const root = await makeTemporaryFolder();
	const stateDir = join(root, ".deadman");
	await mkdir(stateDir, { mode: 0o700 });
	await writeFile(join(stateDir, "config.json"), JSON.stringify({ stateDir, ...config }));
	const sockets = { operator: join(stateDir, "deadman.sock"), program: join(stateDir, "program.sock") };
	const { lines, log } = createLines();
	const scrub = createScrub({ secrets: [] });
	const make = () =>
		createDoors({ supervisor, sockets, log, exiting: { exit: () => {} }, scrub, authority: openAuthority }, clock);
	let doors = make();
	const shut = () => doors.close();
	return {
		root,
		stateDir,
		...sockets,
		lines,
		async open() {
			doors = make();
			await doors.open();
		},
		shut,
		async remove() {
			await shut();
			await removeTemporaryFolder(root);
		},
	};
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly text: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
	readonly json: any;
}

export interface Call {
	readonly socketPath: string;
	readonly method?: string;
	readonly path: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | object;
	readonly signal?: AbortSignal;
}

export function call({ socketPath, method = "GET", path, headers = {}, body, signal }: Call): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const sent = request({ socketPath, method, path, headers, agent: false, signal }, async (response) => {
			response.setEncoding("utf8");
			let text = "";
			for await (const piece of response) text += piece;
			const json = /json/.test(response.headers["content-type"] ?? "") ? JSON.parse(text) : null;
			resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
		});
		sent.on("error", reject);
		sent.end(typeof body === "object" ? JSON.stringify(body) : body);
	});
}

/** As the shared one, for conditions that the code around them explains. */
export function until<T>(look: () => T | Promise<T>) {
	return untilSeen("what the test waits for", look);
}
