// How the errors run is run: rows of the crash matrix that fail, die and start again, two at a time. No part of `npm test`.
import { defineConfig } from "vitest/config";
import tests from "./vitest.config.js";

export default defineConfig({
	test: {
		...tests.test,
		include: ["test/crash/*.errors.ts"],
		fileParallelism: false,
		maxConcurrency: 2,
		testTimeout: 300_000,
		hookTimeout: 300_000,
	},
});
