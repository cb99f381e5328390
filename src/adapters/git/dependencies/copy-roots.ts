// Copies folders from one tree to the same places of another: bytes, modes, times, links as they are. By `cp` in a child process, which shares blocks where the
// file system can, holds nothing of ours up, and ends when it is told to. Of 29,000 files it took a fifth of the time of `fs.cp`.
import { limits } from "../../../core/limits.js";
import type { Commands } from "../../../ports/ports.js";
import { jobMarker } from "../repository/leftover-processes.js";

export interface CopyRoots {
	readonly from: string;
	readonly to: string;
	/** Relative to both; none of them may be at its place yet. */
	readonly roots: readonly string[];
	/** Marks its processes, so that a later life ends them first. */
	readonly job: string;
	readonly signal?: AbortSignal | undefined;
}

/** Folders above a root are made where they lack. */
export function copyRootsArgs({ to, roots }: Pick<CopyRoots, "to" | "roots">): readonly string[] {
	return ["cp", "--archive", "--reflink=auto", "--parents", `--target-directory=${to}`, "--", ...roots];
}

export async function copyRoots(
	{ commands, stateDir }: { readonly commands: Commands; readonly stateDir: string },
	copying: CopyRoots,
): Promise<void> {
	await commands.run({
		command: copyRootsArgs(copying),
		cwd: copying.from,
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", ...jobMarker(stateDir, copying.job) },
		timeoutMs: limits.copyTimeoutMs,
		maxOutputBytes: limits.commandOutputBytes,
		...(copying.signal === undefined ? {} : { signal: copying.signal }),
	});
}
