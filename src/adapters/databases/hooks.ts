// Databases that are not SQLite: the operator's two commands, which keep their copy in DEADMAN_SNAPSHOT_DIR. Knows nothing of what they do.
import { mkdir } from "node:fs/promises";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Command, Commands, Files } from "../../ports/ports.js";
import { lstatOrNull, treeHash } from "./bytes.js";
import { DataError } from "./child/failure.js";
import type { DatabaseSetting } from "./places.js";

export interface HookParts {
	readonly root: string;
	readonly env: Readonly<Record<string, string>>;
	readonly commands: Commands;
	readonly files: Files;
	/** Limits of each command. */
	readonly timeoutMs: number;
	readonly maxOutputBytes: number;
}

type Hook = Pick<DatabaseSetting, "name" | "snapshot" | "restore" | "policy">;

/** The record's fingerprint is over the folder that the command filled. */
export async function snapshotByHook(parts: HookParts, hook: Hook, folder: string): Promise<SnapshotRecord> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await run(parts, hook.snapshot, folder);
	await parts.files.syncTree(folder);
	const { sha256, bytes } = await treeHash(folder);
	return { database: hook.name ?? "", file: null, bytes, sha256: null, fingerprint: sha256, policy: hook.policy };
}

/** The command must bear being run twice: it is, when a restore was cut off before it was marked as done. */
export async function restoreByHook(
	parts: HookParts,
	hook: Hook,
	folder: string,
	record: SnapshotRecord,
): Promise<void> {
	const kept = await lstatOrNull(folder);
	const of = `The snapshot of ${record.database} in ${folder}`;
	if (kept?.isDirectory() !== true) throw new DataError("snapshot_gone", `${of} is gone.`);
	const { sha256 } = await treeHash(folder);
	if (sha256 !== record.fingerprint) throw new DataError("snapshot_changed", `${of} was changed.`);
	await run(parts, hook.restore, folder);
}

async function run(parts: HookParts, command: Command["command"] | null | undefined, folder: string): Promise<void> {
	const { commands, root, env, timeoutMs, maxOutputBytes } = parts;
	if (command == null) throw new Error("The configuration no longer holds the hook's command.");
	await commands.run({
		command,
		cwd: root,
		env: { ...env, DEADMAN_SNAPSHOT_DIR: folder },
		timeoutMs,
		maxOutputBytes,
	});
}
