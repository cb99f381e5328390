// A supervisor in a process of its own, its event loop watched: prints the longest time it was held between two messages.
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { compose } from "../../dist/app/compose.js";
import { readConfiguration } from "../../dist/surfaces/configuration.js";

const configuration = await readConfiguration({ cwd: process.argv[2], dir: null });
if (configuration.refused) throw new Error(configuration.message);
const composed = await compose(configuration);
if (composed.refused) throw new Error(composed.message);
const { supervisor } = composed;
const by = { surface: "cli", id: "0" };
const loop = monitorEventLoopDelay({ resolution: 1 });

const verbs = {
	start: async () => supervisor.start(),
	/** Proposes, approves by configuration, and answers when the new version has proved itself. */
	swap: async (revision) => {
		loop.reset();
		loop.enable();
		const swap = await supervisor.propose({ revision, summary: "bench", fileSummaries: {}, by });
		if (swap.refused) throw new Error(swap.message);
		return supervisor.wait({
			id: swap.id,
			until: ["awaiting_confirmation", "rolled_back", "drafting"],
			timeoutMs: 120_000,
		});
	},
	rollback: async (id) => {
		const clickedAtMs = performance.timeOrigin + performance.now();
		const swap = await supervisor.rollback({ id, by, epoch: null, reason: "bench" });
		if (swap.refused) throw new Error(swap.message);
		await supervisor.wait({ id, until: ["rolled_back", "stranded"], timeoutMs: 60_000 });
		loop.disable();
		return { clickedAtMs, heldMs: { max: loop.max / 1e6, p99: loop.percentile(99) / 1e6 } };
	},
	facts: async (id) => supervisor.facts(id),
	stop: async () => supervisor.stop(),
};

process.on("message", async ({ verb, argument }) => {
	try {
		process.send({ answer: (await verbs[verb](argument)) ?? null });
	} catch (error) {
		process.send({ error: error.stack });
	}
	if (verb === "stop") process.disconnect();
});
process.send({ answer: join(configuration.stateDir, "current") });
