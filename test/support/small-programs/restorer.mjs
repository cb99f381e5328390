// Copies ahead, takes, begins or restores a snapshot, and kills itself with SIGKILL at the site and moment that it is told.

import { createSnapshots } from "../../../dist/adapters/databases/snapshots.js";
import { createCommands } from "../../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../../dist/adapters/system/files.js";

const [root, verb, site, when] = process.argv.slice(2);
const die = () => process.kill(process.pid, "SIGKILL");
const gate = {
	around: async (at, effect) => {
		if (at === site && when === "before") die();
		const result = await effect();
		if (at === site && when === "after") die();
		return result;
	},
};
const snapshots = createSnapshots({
	root,
	stateDir: `${root}/.deadman`,
	databases: [{ path: "data/app.db", policy: "restore" }],
	commands: createCommands({ scrub: (text) => text }),
	files: createFiles(),
	gate,
	log: { info() {}, warn() {}, error() {} },
});
process.stdout.write("begun\n");
if (verb === "ahead") await snapshots.copyAhead("sw_a");
else if (verb === "take") await snapshots.take("sw_a");
else if (verb === "begin") await snapshots.begin("sw_a", 1);
else await snapshots.restore("sw_a", await snapshots.manifest("sw_a"));
process.stdout.write("survived\n");
