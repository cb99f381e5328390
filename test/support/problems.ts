// What fails a run though no test of it failed: a leak, an error that nobody handled. A run that leaves a report leaves this beside it,
// so that whoever reads only the end of a long log is told too.
import { appendFileSync } from "node:fs";
import type { Reporter } from "vitest/node";

/** Beside the report that DEADMAN_TEST_REPORT names, one line each; without a report the run's own output has to do. */
export function tellProblems(problems: readonly string[]): void {
	const report = process.env.DEADMAN_TEST_REPORT;
	if (report === undefined || problems.length === 0) return;
	appendFileSync(`${report}.problems`, problems.map((problem) => `${problem.replaceAll("\n", " ")}\n`).join(""));
}

/** A reporter for the errors of a run that belong to no test. */
export class Unhandled implements Reporter {
	onTestRunEnd(_modules: unknown, errors: readonly { readonly message?: string; readonly stack?: string }[]): void {
		tellProblems(errors.map(({ message, stack }) => `unhandled: ${(stack ?? message ?? "an error").slice(0, 600)}`));
	}
}
