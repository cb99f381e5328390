// Loaded before a supervisor: SIGUSR2 ends the journal's thread from outside, as running out of memory in it would.
const { syncBuiltinESMExports } = require("node:module");
const threads = require("node:worker_threads");

if (threads.isMainThread) {
	const started = [];
	threads.Worker = class extends threads.Worker {
		constructor(file, ...rest) {
			super(file, ...rest);
			if (String(file).includes("journal-worker")) started.push(this);
		}
	};
	syncBuiltinESMExports();
	process.on("SIGUSR2", () => {
		console.error(`ending ${started.length} journal threads`);
		for (const thread of started) thread.terminate();
	});
}
