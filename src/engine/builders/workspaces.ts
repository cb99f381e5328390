// Workspaces as the supervisor offers them: off the live version, with the private copies of the agent that asks, each its builder's own.
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, actorName, hostTarget } from "../../core/swap.js";
import type { Workspace } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { isOpen, mayUse } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Supervisor } from "../verbs/supervisor.js";

type WorkspaceVerbs = Pick<Supervisor, "createWorkspace" | "listWorkspaces" | "removeWorkspace">;

export function createWorkspaceVerbs(engine: Engine, store: Store): WorkspaceVerbs {
	const { workspaces } = engine.ports;
	return {
		createWorkspace: (request) => create(engine, store, request),
		listWorkspaces: async (by) => (await workspaces.list()).filter((one) => mayUse(one, by)),
		removeWorkspace: async (name, by) => {
			const found = (await workspaces.list()).find((one) => one.name === name);
			if (found !== undefined && !mayUse(found, by)) return refuse("workspace_unknown", { name });
			return (await decidedRefusal(store, name)) ?? workspaces.remove(name);
		},
	};
}

type Request = Parameters<Supervisor["createWorkspace"]>[0];

async function create(engine: Engine, store: Store, request: Request): Promise<Workspace | Refusal> {
	const { name, target, kind, by } = request;
	const { agents, workspaces } = engine.ports;
	if (!engine.targets.includes(target)) return refuse("target_unknown", { target: JSON.stringify(target) });
	const live = await engine.of(hostTarget).ports.releases.readLive();
	if (live === null) return refuse("baseline_unproven", { why: "no release is live" });
	const older = (await workspaces.list()).filter((one) => target !== hostTarget && one.target === target);
	if (older.some((one) => !mayUse(one, by))) return refuse("workspace_of_another", { target });
	for (const one of older) {
		const refusal = await decidedRefusal(store, one.name);
		if (refusal !== null) return refusal;
	}
	const head = live.head ?? live.release.commit;
	const privates = agents.find((agent) => agent.name === target)?.privates;
	const from = privates === undefined ? head : await privates.overlay({ head, earlier: null });
	return isRefusal(from) ? from : workspaces.create({ name, from, target, kind, owner: ownerOf(by) });
}

/** What a person or a program makes is for whoever builds there. */
function ownerOf(by: Actor | undefined): string | null {
	return by?.surface === "builder" ? actorName(by) : null;
}

/** What is being decided or tried stays until its verdict. */
async function decidedRefusal(store: Store, name: string): Promise<Refusal | null> {
	const deciding = (await store.unfinished()).find((swap) => swap.workspace === name && isOpen(swap));
	return deciding === undefined ? null : refuse("workspace_frozen", { name, id: deciding.id });
}
