// The port Snapshots over SQLite files and hook commands. Joins its parts; the work is in take.ts, restore.ts, window.ts and prune.ts.
import type { Settings } from "../../config/config.js";
import { limits } from "../../core/limits.js";
import type { Commands, Files, Gate, Log, Snapshots } from "../../ports/ports.js";
import { childPids, createDataChildren, type DataChildren } from "./data-child.js";
import { fence, findHolders } from "./fence.js";
import { begin, generationOf } from "./generations.js";
import { copyAhead, forget, materialBytes } from "./material.js";
import { originOf } from "./origin.js";
import type { RestoreParts } from "./parts.js";
import { type Roots, snapshotFolder } from "./places.js";
import { findUnprotected, type Guarded, missingOf, type Versions } from "./protection.js";
import { drop, prune, prunedOf } from "./prune.js";
import { readManifest } from "./records.js";
import { findUnrestorable, remoteOf } from "./rehearsal.js";
import { restore } from "./restore.js";
import { checkDatabases, findSpace } from "./space.js";
import { take } from "./take.js";
import { count, replay } from "./window.js";

const HOOK_TIMEOUT_MS = 15 * 60_000;
const PATIENCE_MS = 1_000;
/** More are not told. */
const HOLDERS = 16;
/** One holds the locks, the other one compares. */
const childrenFor = { take: 2, restore: 1 } as const;
const passedOn = ["PATH", "HOME", "LANG", "TZ", "USER"] as const;

export interface SnapshotsOptions {
	/** The operator's folder: database paths are relative to it. */
	readonly root: string;
	readonly stateDir: string;
	readonly databases: Settings["databases"];
	/** What a version runs from; left out: from where its databases do not lie. */
	readonly versions?: Versions;
	/** Which paths git tracks; left out: none. */
	readonly tracked?: Guarded["tracked"];
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	/** The hooks' environment; left out: PATH, HOME, LANG, TZ and USER of this process. */
	readonly env?: Readonly<Record<string, string>>;
	readonly hookTimeoutMs?: number;
	/** Left out: processes of their own. */
	readonly children?: DataChildren;
	/** How long the fence waits for holders to end. */
	readonly fenceMs?: number;
	/** How long a lock is waited for before anybody is blamed. */
	readonly patienceMs?: number;
}

export function createSnapshots(options: SnapshotsOptions): Snapshots {
	const parts: RestoreParts = {
		...options,
		env: options.env ?? ownEnvironment(),
		timeoutMs: options.hookTimeoutMs ?? HOOK_TIMEOUT_MS,
		patienceMs: options.patienceMs ?? PATIENCE_MS,
		maxOutputBytes: limits.commandOutputBytes,
		children: options.children ?? createDataChildren(),
	};
	const paths = parts.databases.flatMap(({ path, policy }) => (path === undefined || policy === "keep" ? [] : [path]));
	const guarded: Guarded = {
		...parts,
		databases: parts.databases.flatMap(({ path }) => (path === undefined ? [] : [path])),
		versions: options.versions ?? { how: "private" },
		tracked: options.tracked ?? (async () => []),
	};
	return {
		rehearse: async (swapId) =>
			(await findSpace(parts, parts.files, paths, await materialBytes(parts, swapId))) ??
			(await findUnrestorable(parts, paths)) ??
			(await checkDatabases(parts, paths)),
		copyAhead: (swapId) => copyAhead(parts, swapId),
		forget: (swapId) => forget(parts, swapId),
		protection: () => findUnprotected(guarded),
		missing: () => missingOf(parts, guarded.databases),
		remote: () => remoteOf(parts, paths),
		uncovered: async () => [],
		written: async () => [],
		warm: (work) => parts.children.warm(paths.length === 0 || work === null ? 0 : childrenFor[work]),
		fence: async () => fence(await Promise.all(paths.map((path) => fileOf(parts, path))), options.fenceMs),
		holders: (ours) => holders(parts, paths, ours),
		take: (swapId) => take(parts, swapId),
		manifest: async (swapId) => {
			const found = await readManifest(snapshotFolder(parts, swapId));
			return found?.databases.map(({ record }) => record) ?? null;
		},
		begin: (swapId, generation) => begin(parts, swapId, generation),
		generation: (swapId) => generationOf(parts, swapId),
		restore: (swapId, records) => restore(parts, swapId, records),
		count: (swapId) => count(parts, swapId),
		replay: (swapId, which) => replay(parts, swapId, which),
		pruned: (swapId) => prunedOf(parts, swapId),
		drop: (swapId) => drop(parts, swapId),
		prune: (request) => prune(parts, request),
	};
}

async function fileOf(roots: Roots, path: string): Promise<string> {
	return (await originOf(roots, path)).file;
}

/** By the configuration's names; children of ours that look at a database are no holders. */
async function holders(roots: Roots, paths: readonly string[], ours: readonly number[]) {
	const files = new Map(await Promise.all(paths.map(async (path) => [await fileOf(roots, path), path] as const)));
	const found = await findHolders([...files.keys()], { except: [...ours, ...childPids()], most: HOLDERS });
	return found.map(({ pid, command, file }) => ({ pid, command, database: files.get(file) ?? file }));
}

function ownEnvironment(): Record<string, string> {
	const pairs = passedOn.map((name) => [name, process.env[name]] as const);
	return Object.fromEntries(pairs.filter((pair): pair is [(typeof passedOn)[number], string] => pair[1] !== undefined));
}
