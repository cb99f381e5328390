// A supervisor's life for tests: starts one program from the compiled adapters, prints its run, and is killed, or kills itself.
// Arguments: one JSON object { stateDir, instance, settings, folder, release, diesAt } with diesAt "never" or "spawn".
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

const { stateDir, instance, settings, folder, release, diesAt } = JSON.parse(process.argv[2]);

if (diesAt === "spawn") {
	const { spawn } = childProcess;
	childProcess.spawn = (...given) => {
		const child = spawn(...given);
		console.log(JSON.stringify({ spawned: child.pid }));
		process.kill(process.pid, "SIGKILL");
		return child;
	};
	syncBuiltinESMExports();
}

const { createPrograms } = await import("../../dist/adapters/process/run/programs.js");
const { createClock } = await import("../../dist/adapters/system/clock.js");

const log = { info() {}, warn() {}, error() {} };
const programs = createPrograms({
	program: settings,
	root: stateDir,
	stateDir,
	instance,
	sockets: { program: `${stateDir}/program.sock` },
	scrub: (text) => text,
	clock: createClock(),
	log,
});
console.log(JSON.stringify({ run: await programs.start({ release, folder, swapId: "sw_abc123" }) }));
setInterval(() => {}, 1_000);
