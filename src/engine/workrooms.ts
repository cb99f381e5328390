// Workspaces as the supervisor offers them: off the live version, with the private copies of the agent that asks.
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { hostTarget } from "../core/swap.js";
import type { Workspace } from "../ports.js";
import type { Engine } from "./context.js";
import { isOpen } from "./owners.js";
import type { Store } from "./store.js";
import type { Supervisor } from "./supervisor.js";

type Workrooms = Pick<Supervisor, "createWorkspace" | "listWorkspaces" | "removeWorkspace">;

export function createWorkrooms(engine: Engine, store: Store): Workrooms {
	const { workspaces } = engine.ports;
	return {
		createWorkspace: (request) => create(engine, store, request),
		listWorkspaces: () => workspaces.list(),
		removeWorkspace: async (name) => (await decidedRefusal(store, name)) ?? workspaces.remove(name),
	};
}

type Request = Parameters<Supervisor["createWorkspace"]>[0];

async function create(engine: Engine, store: Store, { name, target, kind }: Request): Promise<Workspace | Refusal> {
	const { agents, releases, workspaces } = engine.ports;
	if (!engine.targets.includes(target)) return refuse("target_unknown", { target: JSON.stringify(target) });
	const live = await releases.readLive();
	if (live === null) return refuse("baseline_unproven", { why: "no release is live" });
	const older = (await workspaces.list()).filter((one) => target !== hostTarget && one.target === target);
	for (const one of older) {
		const refusal = await decidedRefusal(store, one.name);
		if (refusal !== null) return refusal;
	}
	const head = live.head ?? live.release.commit;
	const privates = agents.find((agent) => agent.name === target)?.privates;
	const from = privates === undefined ? head : await privates.overlay({ head, earlier: null });
	return isRefusal(from) ? from : workspaces.create({ name, from, target, kind });
}

/** What is being decided or tried stays until its verdict. */
async function decidedRefusal(store: Store, name: string): Promise<Refusal | null> {
	const deciding = (await store.unfinished()).find((swap) => swap.workspace === name && isOpen(swap));
	return deciding === undefined ? null : refuse("workspace_frozen", { name, id: deciding.id });
}
