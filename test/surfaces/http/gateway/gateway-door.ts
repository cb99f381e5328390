// The gateway over real sockets, in front of the real engine on its worlds in memory: the program's socket, and TCP with tokens.
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openAuthority } from "../../../../src/core/people/authority.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { listen } from "../../../../src/surfaces/http/doors/listen.js";
import { createProgramApp } from "../../../../src/surfaces/http/doors/program.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { createScene, person, type Scene } from "../../../engine/scene.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { type Answer, call, createLines } from "../../doorway.js";
import { openTcpDoor } from "../../tcp-door.js";

export type Options = Parameters<typeof createScene>[0];

export interface Gateway {
	readonly scene: Scene;
	/** Over TCP, with this bearer. */
	post(path: string, body: object | string, token?: string): Promise<Answer>;
	get(path: string, token?: string): Promise<Answer>;
	/** On the program's socket. */
	say(path: string, body: object | string, token?: string): Promise<Answer>;
	/** A token of an agent. */
	agent(name: string): Promise<string>;
	/** Of the newest start of the host's program. */
	runToken(): string;
	/** Of the door over TCP. */
	readonly port: number;
	readonly dial: Awaited<ReturnType<typeof openTcpDoor>>["dial"];
}

/** Begun, with its program running. */
export async function openGateway(options: Options = {}): Promise<Gateway> {
	const scene = createScene(options);
	await scene.begin();
	const door = await openTcpDoor({ supervisor: scene.supervisor, http: { rate: { perMinute: 100_000 } } });
	const folder = await makeTemporaryFolder();
	const socketPath = join(folder, "program.sock");
	const { log } = createLines();
	const now = () => scene.clock.now();
	const shared = { authority: openAuthority, log, scrub: String, clock: { ...scene.clock, now } };
	const app = createProgramApp({
		supervisor: scene.supervisor,
		view: (swap) => viewOf(swap, now(), openAuthority),
		...shared,
	});
	const socket = await listen({ app, path: socketPath });
	onTestFinished(async () => {
		await socket.close();
		await removeTemporaryFolder(folder);
	});
	const header = (token: string | undefined): Record<string, string> =>
		token === undefined ? {} : { authorization: `Bearer ${token}` };
	return {
		scene,
		post: (path, body, token) => door.ask(path, { method: "POST", body, ...(token === undefined ? {} : { token }) }),
		get: (path, token) => door.ask(path, token === undefined ? {} : { token }),
		say: (path, body, token) => call({ socketPath, method: "POST", path, body, headers: header(token) }),
		async agent(name) {
			const made = await scene.supervisor.createToken({ name, role: "agent", target: null, by: person });
			if (isRefusal(made)) throw new Error(made.message);
			return made.secret;
		},
		runToken: () => scene.programs.tokenOf(`run-${scene.programs.starts.length}`),
		port: door.port,
		dial: door.dial,
	};
}
