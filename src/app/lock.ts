// The locks of one supervisor: of its state folder, and of the repository that it watches over, whatever state folder another one has.
import { join } from "node:path";
import { repositoryFolder } from "../adapters/git/repository/repository-folder.js";
import { createLock } from "../adapters/journal/lock.js";
import type { Refusal } from "../core/refusals.js";
import type { Lock, Log } from "../ports/ports.js";

export interface LocksOptions {
	readonly root: string;
	readonly stateDir: string;
	/** Something is on trial by this state folder. */
	onTrial(): Promise<boolean>;
	readonly log: Log;
}

/**
 * Both, or none; without a repository, the state folder's alone. Where a trial is to be decided here, the repository's refuses nobody: no refusal at a start
 * stands before a rollback that is due.
 */
export async function createLocks({ root, stateDir, onTrial, log }: LocksOptions): Promise<Lock> {
	const state = createLock({ file: join(stateDir, "lock") });
	const folder = await repositoryFolder(root).catch(() => null);
	if (folder === null) return state;
	const repository = createLock({ file: join(folder, "deadman.lock"), stateDir });

	async function acquire(): Promise<Refusal | null> {
		const refusal = await state.acquire();
		if (refusal !== null) return refusal;
		try {
			const shared = await acquireRepository();
			if (shared === null) return null;
			await state.release();
			return shared;
		} catch (error) {
			await state.release();
			throw error;
		}
	}

	async function acquireRepository(): Promise<Refusal | null> {
		const refusal = await repository.acquire().catch((error: unknown) => {
			log.warn("repository.unlocked", { folder, error: String(error) });
			return null;
		});
		if (refusal === null || !(await onTrial().catch(() => true))) return refusal;
		log.error("repository.shared", { folder, reason: refusal.message });
		return null;
	}

	async function release(): Promise<void> {
		await repository.release();
		await state.release();
	}

	return { acquire, release };
}
