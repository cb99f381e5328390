// What a command works with: the folder, the client on its socket, and where its words go. Built once per command.
import type { Clock } from "../../ports.js";
import { type Location, locate } from "../location.js";
import { operatorSocketOf } from "../socket-path.js";
import { type Ask, type Client, createClient, NotAnswered } from "./client.js";
import { accepted, exitCodes, Failure, noSupervisor } from "./failure.js";
import type { Output } from "./output.js";

export interface Common {
	readonly json?: boolean;
	readonly dir?: string;
}

export interface Session {
	readonly location: Location;
	readonly client: Client;
	readonly output: Output;
	readonly clock: Clock;
	/** As `client.ask`, where the absence of a supervisor is a failure of its own. */
	ask<T>(ask: Ask): Promise<T>;
}

/** Where a command's words go, and its time. */
export interface Terminal {
	readonly output: Output;
	readonly clock: Clock;
}

export async function openSession(common: Common, { output, clock }: Terminal): Promise<Session> {
	const location = accepted(await locate({ cwd: process.cwd(), dir: common.dir ?? null }));
	const client = createClient({ socket: operatorSocketOf(location.stateDir), actor: actorOf(process.env) });
	return {
		location,
		client,
		output,
		clock,
		ask: (ask) => client.ask<never>(ask).catch((error) => rethrow(error, location.stateDir)),
	};
}

/** Inside of a supervised program nobody decides: there, the command line speaks for a builder. */
export function actorOf(env: NodeJS.ProcessEnv): string {
	const uid = process.getuid?.() ?? "unknown";
	return env.DEADMAN_TOKEN === undefined ? `cli:${uid}` : `builder:${uid}`;
}

export function rethrow(error: unknown, stateDir: string): never {
	if (!(error instanceof NotAnswered)) throw error;
	const failure = noSupervisor(stateDir);
	if (!error.interrupted) throw failure;
	throw new Failure(exitCodes.noSupervisor, {
		...failure.view,
		message: `The supervisor in ${stateDir} went away before it answered.`,
		next: "What was decided is in the journal: `deadman status` shows it.",
	});
}
