// What a supervised program imports, as `deadman/client`: tells the supervisor that it is ready, gets on, or is alive. No dependencies.
import { request } from "node:http";
import { scheduler } from "node:timers/promises";

const TIMEOUT_MS = 5_000;
const READY_TRIES = 5;
const READY_PAUSE_MS = 200;

/**
 * Says that the program serves. Call it once it really does: its listeners are bound, its database is migrated, its channels
 * are connected. With `readiness.report` in the configuration this is what ends the start.
 *
 * @returns true when the supervisor acknowledged it; false when the program is not supervised, or nobody answered after 5
 *   tries of at most 5 s each. Never throws.
 */
export async function ready(): Promise<boolean> {
	for (let tries = 1; isSupervised(); tries += 1) {
		if (await post("ready", {})) return true;
		if (tries === READY_TRIES) break;
		await scheduler.wait(READY_PAUSE_MS * tries);
	}
	return false;
}

/**
 * Says that a slow start still gets on: each call extends the time until it counts as failed, under the cap of the deadman.
 *
 * @returns true when the supervisor acknowledged it, false otherwise, after at most 5 s. Never throws.
 */
export function progress(): Promise<boolean> {
	return post("progress", {});
}

/**
 * Says that the program is alive. With `program.heartbeat` in the configuration, a silence longer than it rolls a swap on
 * trial back. `fatal` says that the program cannot do its work, in a sentence: a swap on trial rolls back at once.
 *
 * @returns true when the supervisor acknowledged it, false otherwise, after at most 5 s. Never throws.
 */
export function heartbeat(report: { readonly fatal?: string } = {}): Promise<boolean> {
	return post("heartbeat", { fatal: report.fatal ?? null });
}

function isSupervised(): boolean {
	return Boolean(process.env.DEADMAN_SOCKET) && Boolean(process.env.DEADMAN_TOKEN);
}

function post(what: "ready" | "progress" | "heartbeat", body: object): Promise<boolean> {
	if (!isSupervised()) return Promise.resolve(false);
	const json = JSON.stringify(body);
	const headers = {
		authorization: `Bearer ${process.env.DEADMAN_TOKEN}`,
		"content-type": "application/json",
		"content-length": Buffer.byteLength(json),
	};
	return new Promise((resolve) => {
		try {
			const options = { socketPath: process.env.DEADMAN_SOCKET, path: `/v1/program/${what}`, method: "POST", headers };
			const call = request({ ...options, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
				answer.resume();
				answer.on("error", () => resolve(false));
				answer.on("end", () => resolve(answer.statusCode !== undefined && answer.statusCode < 300));
			});
			call.on("error", () => resolve(false));
			call.end(json);
		} catch {
			resolve(false);
		}
	});
}
