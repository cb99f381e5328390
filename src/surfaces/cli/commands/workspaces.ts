// The workspaces in which builders edit: made for a builder, listed and removed by whoever asks, through the supervisor.
import type { Workspace } from "../../../ports/ports.js";
import { renderWorkspaces } from "../../text/lists.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

const path = "/v1/workspaces";

interface Creates extends Common {
	readonly target?: string;
	readonly clone: boolean;
}

export async function createWorkspace(terminal: Terminal, name: string, options: Creates): Promise<void> {
	const session = await openSession(options, terminal, "builder");
	const body = { name, target: options.target, kind: options.clone ? "clone" : "worktree" };
	const { workspace } = await session.ask<{ workspace: Workspace }>({ method: "POST", path, body });
	session.output.result({ workspace }, () => renderWorkspaces([workspace]));
}

export async function listWorkspaces(terminal: Terminal, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { workspaces } = await session.ask<{ workspaces: Workspace[] }>({ path });
	session.output.result({ workspaces }, () => renderWorkspaces(workspaces));
}

export async function removeWorkspace(terminal: Terminal, name: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	await session.ask({ method: "DELETE", path: `${path}/${encodeURIComponent(name)}` });
	session.output.result({ removed: name }, () => `Removed ${name}.`);
}
