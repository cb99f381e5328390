// One life of a supervisor for the kill tests of private folders: takes over, stages or switches from the compiled adapter. Stops at a site, or goes past it, until its parent kills it.
import { createPrivateCopies } from "../../../../dist/adapters/git/private/private-copies.js";
import { createPrivateReleases } from "../../../../dist/adapters/git/private/private-releases.js";
import { createCommands } from "../../../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../../../dist/adapters/system/files.js";

const { place, act, site, moment, hit } = JSON.parse(process.argv[2]);
const quiet = () => {};
let hits = 0;

function stop() {
	process.stdout.write("at the site\n");
	return new Promise((_, reject) => setTimeout(reject, 60_000, new Error("Nobody killed this life.")));
}

const options = {
	...place,
	commands: createCommands({ scrub: (text) => text }),
	files: createFiles(),
	gate: {
		around: async (at, effect) => {
			const here = at === site && hits++ === hit;
			if (here && moment === "before") await stop();
			if (here && moment === "during") process.stdout.write("at the site\n");
			const result = await effect();
			if (here && moment === "after") await stop();
			return result;
		},
	},
	log: { info: quiet, warn: quiet, error: quiet },
};
const releases = createPrivateReleases({ ...options, staged: null });

if (act.adopt !== undefined) {
	const refusal = await createPrivateCopies(options).adopt(act.adopt);
	process.stdout.write(`${JSON.stringify(refusal)}\n`);
}
if (act.stage !== undefined) {
	await releases.checkout(act.stage);
	await releases.seal(act.stage);
}
if (act.flip !== undefined) await releases.flip(act.flip);
if (moment === "during" && hits > hit) await stop();
process.stdout.write("done\n");
