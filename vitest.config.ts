// How the tests run: the rooms' own tests, the stories, the crash matrix and the errors run, one after the other, each over as many
// workers as there are cores. test/run.js says which of them, and which part. Holds no test of its own.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { quickFork } from "./test/support/fork/quick-fork.js";
import { Unhandled } from "./test/support/problems.js";
import { leftToOthers, storiesOf } from "./test/support/short-run.js";
import { Slowest } from "./test/support/slowest.js";

// For the workers, which take this process's environment; theirs does not hand it on.
const library = quickFork();
if (library !== null) process.env.LD_PRELOAD = library;

const report = process.env.DEADMAN_TEST_REPORT;
const printing = ["default", new Slowest(), new Unhandled()];
const common = {
	environment: "node",
	pool: "forks",
	testTimeout: 60_000,
	hookTimeout: 60_000,
	teardownTimeout: 20_000,
	restoreMocks: true,
	unstubEnvs: true,
} as const;
/** Their files run one by one: each of them keeps all cores busy. */
const wide = { ...common, fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 } as const;

export default defineConfig({
	test: {
		globalSetup: ["test/tidy/leaks.ts"],
		maxWorkers: availableParallelism(),
		// Of the trials, which are concurrent tests, crew.ts lets as many play as there are grounds.
		maxConcurrency: 4 * availableParallelism(),
		reporters: report === undefined ? printing : [...printing, ["json", { outputFile: report }]],
		projects: [
			{
				test: {
					...common,
					name: "rooms",
					// Files share a worker and what it has loaded: nothing in `src` keeps a state of its own, and loading costs more than most files.
					isolate: false,
					include: ["test/**/*.test.ts"],
					exclude: ["test/e2e/**", "test/crash/**", ...leftToOthers()],
					sequence: { groupOrder: 1 },
				},
			},
			{ test: { ...common, name: "stories", include: storiesOf(), sequence: { groupOrder: 2 } } },
			{ test: { ...wide, name: "crash", include: ["test/crash/*.test.ts"], sequence: { groupOrder: 3 } } },
			{ test: { ...wide, name: "errors", include: ["test/crash/*.errors.ts"], sequence: { groupOrder: 4 } } },
		],
	},
});
