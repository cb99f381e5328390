// One life of a supervisor that says what it is about to do to the operator's repository, and dies in the middle of it. Killed by its parent.
import { writeFileSync } from "node:fs";
import { withIntent } from "../../../../dist/adapters/git/repository/intents.js";
import { layoutOf } from "../../../../dist/adapters/git/repository/layout.js";

const { stateDir, commonDir, intent, leave } = JSON.parse(process.argv[2]);
await withIntent({ layout: layoutOf(stateDir), operator: { commonDir } }, intent, () => {
	for (const [path, content] of leave) writeFileSync(path, content);
	process.stdout.write("within\n");
	return new Promise(() => setInterval(() => {}, 1_000));
});
