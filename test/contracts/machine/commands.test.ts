// Runs the commands contract on real processes and on their twin.
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { createScrub } from "../../../src/core/rules/redact.js";
import { type Answer, createMemoryCommands } from "../../support/memory/commands.js";
import { CANARY, describeCommandsContract } from "./commands.contract.js";

const scrub = createScrub({ secrets: [CANARY] });

const eats = "const b = Buffer.alloc(100 * 1024 * 1024, 1); setTimeout(() => b, 2000)";

describeCommandsContract("real", () => ({
	commands: createCommands({ scrub }),
	forks: "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 2 & done; wait",
	eats: `"${process.execPath}" -e '${eats}'`,
	printsBoth: "echo 'to stdout'; echo 'to stderr' >&2; printf 'without end'",
	exitsWith3: "exit 3",
	printsCanaryAndFails: `echo logging in with ${CANARY}; exit 1`,
	printsManyBytes: "yes",
	hangs: "sleep 600",
	cannotStart: ["/nonexistent/program"],
}));

describeCommandsContract("memory", () => {
	const answers: Record<string, Answer> = {
		both: { stdout: "to stdout\nwithout end", stderr: "to stderr\n" },
		exit3: { code: 3 },
		canary: { code: 1, stdout: `logging in with ${CANARY}\n` },
		many: { stdout: "y\n".repeat(10_000) },
		hang: { hangs: true },
		none: { cannotStart: true },
		fork: { exceeds: "processes" },
		eat: { exceeds: "memory" },
	};
	return {
		commands: createMemoryCommands({ scrub, answer: ({ command }) => answers[String(command)] }),
		printsBoth: "both",
		exitsWith3: "exit3",
		printsCanaryAndFails: "canary",
		printsManyBytes: "many",
		hangs: "hang",
		cannotStart: ["none"],
		forks: "fork",
		eats: "eat",
	};
});
