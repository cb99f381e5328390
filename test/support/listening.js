// A host that embeds a supervisor and listens badly: its listener throws, or rejects. Serves until it is told to stop; for one story.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSupervisor, isRefusal, RefusedError } from "deadman";

const [root, how] = process.argv.slice(2);
const config = JSON.parse(await readFile(join(root, ".deadman", "config.json"), "utf8"));
delete config.$schema;
const supervisor = await createSupervisor({ root, config });
if (isRefusal(supervisor)) throw new RefusedError(supervisor);
let heard = 0;
const say = () => {
	heard += 1;
	if (heard === 1) console.log("heard something");
	return new Error("the listener is broken");
};
supervisor.subscribe(
	how === "throws"
		? () => {
				throw say();
			}
		: async () => {
				throw say();
			},
);
await supervisor.serve();
await supervisor.start();
process.on("SIGTERM", async () => {
	await supervisor.stop();
	process.exit(0);
});
