// A process manager for one story: starts `deadman run`, and starts it again whenever it leaves with "restart me". Counts its lives.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { deadmanBin, type Scene } from "./scene.js";

const restartMe = 75;

export interface Manager {
	/** The code that each ended life left with; a signal counts as null. */
	readonly codes: readonly (number | null)[];
	/** Ends the living one and starts no other. */
	stop(): Promise<void>;
}

export function keepAlive(scene: Scene): Manager {
	const codes: (number | null)[] = [];
	let stopping = false;
	let child = start(scene);
	const loop = (async () => {
		for (;;) {
			const [code] = (await once(child, "exit")) as [number | null];
			codes.push(code);
			if (stopping || code !== restartMe) return;
			child = start(scene);
		}
	})();
	return {
		codes,
		async stop() {
			stopping = true;
			child.kill("SIGTERM");
			await loop;
		},
	};
}

function start({ root }: Scene) {
	const log = openSync(join(root, "supervisor.log"), "a");
	const child = spawn(process.execPath, [deadmanBin, "run"], { cwd: root, stdio: ["ignore", log, log] });
	closeSync(log);
	return child;
}
