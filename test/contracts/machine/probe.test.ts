// Runs the probe contract on real programs and on their twin.
import { createMemoryClock } from "../../support/memory/clock.js";
import { createMemoryProbe } from "../../support/memory/probe.js";
import { createMemoryPrograms } from "../../support/memory/programs.js";
import { openStage } from "../../support/programs.js";
import { describeProbeContract } from "./probe.contract.js";

const http = { http: "http://127.0.0.1:{port}/healthz" };

describeProbeContract("real", async (habit) => {
	const program = habit === "never-ready" ? "never-ready.js" : "serves.js";
	const pretends = `exec env DEADMAN_RELEASE=r_other node ${program}`;
	const stage = await openStage({
		...(habit === "other-release" ? { command: pretends } : { program }),
		readiness: habit === "reports" ? { report: true } : http,
	});
	const run = await stage.start();
	return {
		probe: stage.probe,
		run,
		end: () => stage.programs.stopAll(),
		settled: async () => void (await stage.logged(run, habit === "never-ready" ? "waiting" : "listening")),
	};
});

describeProbeContract("memory", async (habit) => {
	const programs = createMemoryPrograms({ clock: createMemoryClock() });
	programs.script("r_one", {
		readyAfterMs: habit === "never-ready" ? null : 0,
		answersAs: habit === "other-release" ? "r_other" : null,
	});
	const run = await programs.start({ release: "r_one", folder: "/", swapId: null });
	return {
		probe: createMemoryProbe({ programs, awaitsReport: habit === "reports" }),
		run,
		end: () => programs.stopAll(),
		settled: async () => {},
	};
});
