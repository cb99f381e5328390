// One life of a supervisor for the kill tests: makes a release from the compiled adapter, then says what it found. Killed by its parent.
import { createReleases } from "../../../../dist/adapters/git/releases/releases.js";
import { createCommands } from "../../../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../../../dist/adapters/system/files.js";

const { root, stateDir, release, site } = JSON.parse(process.argv[2]);
const quiet = () => {};
const releases = createReleases({
	root,
	stateDir,
	settings: {
		shared: [{ path: "data", kind: "folder" }],
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
			if (at === site) process.stdout.write("at the site\n");
			return effect();
		},
	},
	log: { info: quiet, warn: quiet, error: quiet },
});

await releases.checkout(release);
await releases.seal(release);
process.stdout.write(
	`${JSON.stringify({ sealed: (await releases.sealed(release.id)) !== null, differing: await releases.verify(release.id) })}\n`,
);
