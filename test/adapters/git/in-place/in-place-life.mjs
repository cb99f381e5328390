// One life of a supervisor for the kill tests of in-place activation: flips the checkout from the compiled adapter. Killed by its parent at a site.
import { createInPlace } from "../../../../dist/adapters/git/in-place/in-place.js";
import { createReleases } from "../../../../dist/adapters/git/releases/releases.js";
import { createCommands } from "../../../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../../../dist/adapters/system/files.js";

const { root, stateDir, outputs, id, site, moment } = JSON.parse(process.argv[2]);
const quiet = () => {};
/** Never ends, so that nothing happens until the kill. */
const stand = () => {
	process.stdout.write("at the site\n");
	return new Promise(() => setInterval(quiet, 1_000));
};
const parts = {
	root,
	stateDir,
	settings: {
		shared: [],
		databases: [],
		install: null,
		build: null,
		checks: [],
		limits: { timeout: 60_000, output: 1_000_000 },
	},
	commands: createCommands({ scrub: (text) => text }),
	files: createFiles(),
	gate: {
		around: async (at, effect) => {
			if (at !== site) return effect();
			if (moment === "before") await stand();
			if (moment === "within") process.stdout.write("at the site\n");
			const result = await effect();
			if (moment === "after") await stand();
			return result;
		},
	},
	log: { info: quiet, warn: quiet, error: quiet },
};
const inPlace = createInPlace({ ...parts, branch: "main", outputs, staged: createReleases(parts), lockWaitMs: 1_000 });
await inPlace.flip(id);
process.stdout.write("flipped\n");
