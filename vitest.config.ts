// How the tests run: real processes, two at a time, and one report file where DEADMAN_TEST_REPORT names it. Holds no test of its own.
import { defineConfig } from "vitest/config";

const report = process.env.DEADMAN_TEST_REPORT;

export default defineConfig({
	test: {
		environment: "node",
		include: ["test/**/*.test.ts"],
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 60_000,
		hookTimeout: 60_000,
		teardownTimeout: 20_000,
		restoreMocks: true,
		unstubEnvs: true,
		globalSetup: ["test/tidy/leaks.ts"],
		reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
	},
});
