// Which paths the operator's git tracks. Reads the index, changes nothing.
import type { Commands } from "../../../ports/ports.js";
import { trackedArgs } from "../repository/argv.js";
import { createGit } from "../repository/git.js";
import { layoutOf } from "../repository/layout.js";
import { parsePaths } from "../repository/listing.js";
import { type OwnOptions, openOwnRepository } from "../repository/own-repository.js";

export interface Index {
	readonly root: string;
	readonly gitDir: string;
	readonly stateDir: string;
	readonly commands: Commands;
}

/** What git tracks of these files, and in these folders. */
export async function trackedOf(
	{ root, gitDir, stateDir, commands }: Index,
	paths: readonly string[],
): Promise<string[]> {
	if (paths.length === 0) return [];
	const git = createGit(commands, layoutOf(stateDir), [`--git-dir=${gitDir}`, `--work-tree=${root}`]);
	return parsePaths((await git.run(trackedArgs(paths), { cwd: root })).stdout);
}

/** Of the supervisor's place. */
export function createTracked(options: OwnOptions): (paths: readonly string[]) => Promise<readonly string[]> {
	return async (paths) => {
		const { operator } = await openOwnRepository(options);
		return operator.bare ? [] : trackedOf({ ...options, gitDir: operator.gitDir }, paths);
	};
}
