// Runs the programs contract on real programs and on their twin.
import { readFile } from "node:fs/promises";
import { createMemoryClock } from "../../support/memory/clock.js";
import { createMemoryPrograms } from "../../support/memory/programs.js";
import { openStage } from "../../support/programs.js";
import { describeProgramsContract } from "./programs.contract.js";

const fixtures = { good: "serves.js", failing: "dies-at-boot.js", stubborn: "ignores-term.js" } as const;

describeProgramsContract("real", async (habit) => {
	const stage = await openStage({ program: fixtures[habit], env: { PORT: "0" }, stopGrace: "300ms" });
	return {
		programs: stage.programs,
		start: stage.start,
		settled: async (run) => void (await stage.logged(run, "listening")),
		passUntil: (promise) => promise,
		async tokenOf(run) {
			const environment = await readFile(`/proc/${run.pid}/environ`, "utf8");
			return /(?:^|\0)DEADMAN_TOKEN=([^\0]+)/.exec(environment)?.[1] ?? "";
		},
	};
});

describeProgramsContract("memory", async (habit) => {
	const clock = createMemoryClock();
	const programs = createMemoryPrograms({ clock });
	const behaviour = { diesAfterMs: habit === "failing" ? 100 : null, ignoresTerm: habit === "stubborn" };
	return {
		programs,
		start(release, swapId = null) {
			programs.script(release, behaviour);
			return programs.start({ release, swapId, folder: `/releases/${release}` });
		},
		settled: async () => {},
		async passUntil(promise) {
			let over = false;
			const watched = promise.finally(() => {
				over = true;
			});
			await clock.settle();
			while (!over && (await clock.advanceToNext()));
			return watched;
		},
		tokenOf: async (run) => programs.tokenOf(run.runId),
	};
});
