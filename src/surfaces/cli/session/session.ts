// What a command works with: the folder, the client on its socket, and where its words go. Built once per command.
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { Clock } from "../../../ports/ports.js";
import type { Composition } from "../../composition.js";
import { type Location, locate, locateServed } from "../../location.js";
import { operatorSocketOf } from "../../socket-path.js";
import { type Ask, type Client, createClient, NotAnswered } from "./client.js";
import { accepted, exitCodes, Failure, noSupervisor } from "./failure.js";
import type { Output } from "./output.js";
import type { Prompt } from "./prompt.js";

export interface Common {
	readonly json?: boolean;
	readonly dir?: string;
}

export interface Session {
	readonly location: Location;
	readonly client: Client;
	readonly output: Output;
	readonly clock: Clock;
	readonly load: Terminal["load"];
	/** As `client.ask`, where the absence of a supervisor is a failure of its own. */
	ask<T>(ask: Ask): Promise<T>;
}

/** Where a command's words go, its time, and the person before it. */
export interface Terminal {
	readonly output: Output;
	readonly clock: Clock;
	/** Null where nobody can be asked: stdin is no terminal, or a program reads the answer. */
	readonly prompt: Prompt | null;
	/** The supervisor's code, for the few commands that work without one that runs. */
	readonly load: () => Promise<Composition>;
}

/** Who a verb speaks for: those that offer changes speak for a builder, so that its approver is somebody else. */
export type Speaker = "operator" | "builder";

export async function openSession(
	common: Common,
	{ output, clock, load }: Terminal,
	speaker: Speaker = "operator",
): Promise<Session> {
	const from = { cwd: process.cwd(), dir: common.dir ?? null };
	const found = await locate(from);
	const location = accepted(isRefusal(found) ? ((await locateServed(from)) ?? found) : found);
	const actor = accepted(actorOf(process.env, speaker));
	const client = createClient({ socket: operatorSocketOf(location.stateDir), actor });
	return {
		location,
		client,
		output,
		clock,
		load,
		ask: (ask) => client.ask<never>(ask).catch((error) => rethrow(error, location.stateDir)),
	};
}

/**
 * Inside of a supervised program, and where DEADMAN_ACTOR names a builder, nobody decides: there, every verb speaks for that builder.
 * No other surface can be claimed by it.
 */
export function actorOf(env: NodeJS.ProcessEnv, speaker: Speaker): string | Refusal {
	const named = env.DEADMAN_ACTOR ?? "";
	if (named !== "") return /^builder:[\w.@:+-]{1,64}$/.test(named) ? named : refuse("input_invalid", { problems });
	const uid = process.getuid?.() ?? "unknown";
	return speaker === "builder" || env.DEADMAN_TOKEN !== undefined ? `builder:${uid}` : `cli:${uid}`;
}

const problems = 'DEADMAN_ACTOR: it names a builder, such as "builder:claude", and nobody else';

export const pathOf = (id: string) => `/v1/swaps/${encodeURIComponent(id)}`;

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
