// A reporter that prints where a run's time went: the ten files that took longest.
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

const shown = 10;

export class Slowest implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		if (modules.length < shown) return;
		const times = modules.map((module) => ({ path: module.moduleId, ms: module.diagnostic().duration }));
		times.sort((one, other) => other.ms - one.ms);
		const lines = times
			.slice(0, shown)
			.map(({ path, ms }) => `  ${(ms / 1_000).toFixed(1).padStart(6)} s  ${relative(process.cwd(), path)}`);
		console.log(`\nThe ${shown} slowest of ${modules.length} files:\n${lines.join("\n")}\n`);
	}
}
