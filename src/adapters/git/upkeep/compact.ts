// Packs the own repository while nothing else happens there. Releases' worktrees and every ref are roots for git, so what a release, a swap or an overlay needs
// stays; what nothing reaches goes when it is a day old. A git that was ended leaves temporary files and locks: they go before the next one begins.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import { CommandFailed, type Commands, type Log } from "../../../ports/ports.js";
import { gitEnvironment } from "../repository/environment.js";
import { gitCommand } from "../repository/git.js";
import { jobMarker } from "../repository/leftover-processes.js";
import type { Own } from "../repository/own-repository.js";
import { whileIdle } from "../repository/tending.js";

/** Fewer loose objects and packs are not worth it. */
const LOOSE = 2_000;
const PACKS = 20;

/** What is fetched and not yet under a ref is younger. */
const UNREACHED = "1.day.ago";

interface Parts {
	readonly commands: Commands;
	readonly log: Log;
	/** For tests. */
	readonly threshold?: { readonly loose: number; readonly packs: number };
}

export async function compact({ git, layout }: Own, parts: Parts, signal: AbortSignal): Promise<boolean> {
	const { loose, packs } = parts.threshold ?? { loose: LOOSE, packs: PACKS };
	const counts = countsIn(await git.text(["count-objects", "-v"]));
	if ((counts.get("count") ?? 0) < loose && (counts.get("packs") ?? 0) < packs) return true;
	return whileIdle(layout.own, async (displaced) => {
		const ended = AbortSignal.any([signal, displaced, AbortSignal.timeout(limits.compactMs)]);
		try {
			await quietly(parts, layout, ["repack", "-A", "-d", "-l", "-q", `--unpack-unreachable=${UNREACHED}`], ended);
			await quietly(parts, layout, ["prune", `--expire=${UNREACHED}`], ended);
			await quietly(parts, layout, ["pack-refs", "--all"], ended);
			parts.log.info("repository.compacted", { loose: counts.get("count"), packs: counts.get("packs") });
			return true;
		} catch (error) {
			await clearTemporary(join(layout.own, "objects", "pack"));
			if (ended.aborted && error instanceof CommandFailed) return false;
			throw error;
		}
	});
}

/** The last of the processor and of the disk. */
async function quietly({ commands }: Parts, layout: Own["layout"], args: readonly string[], signal: AbortSignal) {
	const script =
		'if command -v ionice >/dev/null; then exec ionice -c 3 nice -n 19 "$@"; else exec nice -n 19 "$@"; fi';
	await commands.run({
		command: [
			"/bin/sh",
			"-c",
			script,
			"sh",
			...gitCommand([`--git-dir=${layout.own}`], ["-c", "pack.threads=1", ...args]),
		],
		cwd: layout.stateDir,
		env: {
			...gitEnvironment({ globalConfig: layout.globalConfig, transport: "none" }),
			...jobMarker(layout.stateDir, "git"),
		},
		timeoutMs: limits.compactMs,
		maxOutputBytes: limits.commandOutputBytes,
		signal,
	});
}

/** `count: 12`, one a line. */
function countsIn(text: string): Map<string, number> {
	return new Map(text.split("\n").map((line) => [line.split(": ")[0] ?? "", Number(line.split(": ")[1])]));
}

async function clearTemporary(folder: string): Promise<void> {
	for (const name of await readdir(folder).catch(ifAbsent([]))) {
		if (/^(\.tmp-|tmp_)/.test(name)) await rm(join(folder, name), { force: true });
	}
}
