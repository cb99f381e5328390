// Where the workspaces of one repository lie: as configured, else as its state says.
import { resolve } from "node:path";
import type { Settings } from "../config/config.js";
import { workspacesOf } from "../state/place.js";

interface Owner {
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Pick<Settings, "workspaceDir">;
}

export async function workspaceFolderOf({ root, stateDir, settings: { workspaceDir } }: Owner): Promise<string> {
	return workspaceDir === undefined ? workspacesOf(root, stateDir) : resolve(root, workspaceDir);
}
