// A life of the journal's thread that is killed between two statements: node agents-life.mjs FILE NTH. Prints how many statements it ran where it lives.

import { agentsIn } from "../../../dist/adapters/journal/agents/agents.js";
import { openForWriting } from "../../../dist/adapters/journal/journal-file.js";

const [file, nth] = process.argv.slice(2);
const database = openForWriting(file);
let statements = 0;

function count() {
	statements += 1;
	if (statements === Number(nth)) process.kill(process.pid, "SIGKILL");
}

/** Every statement of a transaction is counted right before it runs. */
const counted = new Proxy(database, {
	get(target, name) {
		const value = Reflect.get(target, name);
		if (name !== "prepare") return typeof value === "function" ? value.bind(target) : value;
		return (sql) => {
			const statement = target.prepare(sql);
			for (const run of ["run", "get", "all"]) {
				const plain = statement[run].bind(statement);
				statement[run] = (...values) => {
					count();
					return plain(...values);
				};
			}
			return statement;
		};
	},
});

const agents = agentsIn(counted);
const run = { runId: "run-1", release: "r-1", swapId: null };
agents.hearAgent({
	...{
		agentId: "ann",
		atMs: 2_000,
		reported: "busy",
		capabilities: ["a"],
		hardware: { b: 1 },
		run,
		keptErrors: 1,
		tellError: true,
	},
	task: { id: "t-1", progress: 0.5 },
	error: { severity: "fatal", message: "lost", context: {} },
});
console.log(statements);
count();
