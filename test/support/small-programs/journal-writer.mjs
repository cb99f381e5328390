// Appends facts to a journal and says each one that was acknowledged, until it is killed; with "hold" it ends its writing and stays.
import { openJournal } from "../../../dist/adapters/journal/journal.js";
import { evolve, evolveAll } from "../../../dist/core/machine/evolve.js";

const [file, count, ending] = process.argv.slice(2);
const journal = await openJournal({ file });
const read = async () => (await journal.swap("sw_killed")) ?? evolveAll("sw_killed", []);
let swap = await read();
for (let index = 0; index < Number(count); ) {
	const facts = [{ type: "noted", text: `line ${index} of ${process.pid}`, atMs: index }];
	const next = facts.reduce(evolve, swap);
	try {
		await journal.append({ swapId: swap.id, expectedVersion: swap.version, facts, next, messages: [] });
		process.stdout.write(`acknowledged ${next.version}\n`);
		swap = next;
		index += 1;
	} catch (error) {
		if (error.name !== "VersionConflict") throw error;
		swap = await read();
	}
}
process.stdout.write("done\n");
if (ending === "die") process.kill(process.pid, "SIGKILL");
if (ending === "close") await journal.close();
if (ending === "hold") setInterval(() => {}, 1_000);
