// The lock in memory: a holder that several locks share. Dying is a call, as kill -9 would free the real one.
import { refuse } from "../../../src/core/refusals.js";
import type { Lock } from "../../../src/ports/ports.js";

export interface LockHolder {
	pid: number | null;
}

export interface MemoryLockOptions {
	readonly path: string;
	readonly pid: number;
	readonly holder: LockHolder;
}

export function createMemoryLock({ path, pid, holder }: MemoryLockOptions): Lock & { die(): void } {
	let held = false;
	const free = (): void => {
		if (held) holder.pid = null;
		held = false;
	};
	return {
		acquire: async () => {
			if (held) return null;
			if (holder.pid !== null) return refuse("locked", { path, pid: holder.pid });
			holder.pid = pid;
			held = true;
			return null;
		},
		release: async () => free(),
		die: free,
	};
}
