// The parts of a world that every target has for itself, host and agent alike: releases, programs, probe and data; and a record of what was
// done to which of them, in order.
import type { Rules } from "../../src/core/rules/classify.js";
import type { Live, Snapshots, TargetPorts } from "../../src/ports/ports.js";
import type { MemoryClock } from "../support/memory/clock.js";
import { createMemoryProbe } from "../support/memory/probe.js";
import { createMemoryPrograms } from "../support/memory/programs.js";
import { createMemoryReleases } from "../support/memory/releases.js";
import type { MemoryGit } from "../support/memory/repository.js";

export interface TargetOptions {
	readonly name: string;
	readonly clock: MemoryClock;
	readonly git: MemoryGit;
	readonly hasCommand: boolean;
	readonly awaitsReport: boolean;
	readonly tell: (line: string) => void;
}

export type MemoryTarget = ReturnType<typeof createTarget>;

export function createTarget({ name, clock, git, hasCommand, awaitsReport, tell }: TargetOptions) {
	const programs = createMemoryPrograms({
		clock,
		stopGraceMs: 100,
		hasCommand,
		...(name === "host" ? {} : { of: name }),
	});
	const probe = createMemoryProbe({ programs, awaitsReport });
	const releases = createMemoryReleases(git);
	const data = { restored: [] as string[], snapshots: new Set<string>() };
	/** Starts while another program of this target was alive: never two copies at once. */
	const doubles: string[] = [];

	function ports(): TargetPorts {
		return {
			programs: over(programs, {
				start: async (request) => {
					if ((await programs.running()).length > 0) doubles.push(`${name} ${request.release}`);
					tell(`${name} start ${request.release}`);
					return programs.start(request);
				},
				stopAll: async (except) => {
					tell(`${name} stop`);
					await programs.stopAll(except);
				},
			}),
			releases: over(releases, {
				flip: async (id) => {
					tell(`${name} flip ${id}`);
					await releases.flip(id);
				},
				writeLive: async (live) => {
					tell(`${name} ${pinOf(live)}`);
					await releases.writeLive(live);
				},
			}),
			snapshots: snapshotsOf(data, (line) => tell(`${name} ${line}`)),
			ballast: { reserve: async () => {}, free: async () => {} },
			probe,
		};
	}

	return { name, programs, probe, releases, data, doubles, ports };
}

/** A test may still put a method of the one below in the place of another. */
function over<T extends object>(below: T, methods: Partial<T>): T {
	const names = Object.keys(below) as (keyof T)[];
	const later = names.map((name) => [name, { enumerable: true, get: () => methods[name] ?? below[name] }]);
	return Object.defineProperties({}, Object.fromEntries(later)) as T;
}

function pinOf({ trial, release, head }: Live): string {
	if (trial !== null) return `pin ${trial.candidate.id}`;
	return `unpin ${release.id}${head === undefined ? "" : " with a head"}`;
}

function snapshotsOf(data: MemoryTarget["data"], tell: (line: string) => void): Snapshots {
	return {
		rehearse: async () => null,
		copyAhead: async () => {},
		forget: async () => {},
		protection: async () => null,
		missing: async () => [],
		remote: async () => [],
		uncovered: async () => [],
		written: async () => [],
		warm: () => {},
		fence: async () => null,
		holders: async () => [],
		take: async (swapId) => {
			tell("snapshot");
			data.snapshots.add(swapId);
			return [{ database: "app.db", file: "0", bytes: 1, sha256: "0", fingerprint: "0", policy: "restore" }];
		},
		manifest: async () => null,
		begin: async () => {},
		generation: async () => ({ started: null, restored: null }),
		restore: async (swapId) => {
			tell("restore");
			if (!data.restored.includes(swapId)) data.restored.push(swapId);
		},
		count: async () => [],
		replay: async () => [],
		pruned: async () => null,
		drop: async () => {},
		prune: async () => [],
	};
}

export const noRules: Rules = {
	host: { name: "host", neverWrite: [], migrations: [] },
	agents: [],
	supervisor: [],
	reach: [],
};

/** Skills come from a template; the folder of a group is its own. */
export function rulesFor(agents: readonly string[]): Rules {
	if (agents.length === 0) return noRules;
	return {
		host: { name: "host", neverWrite: [".env*", "**/.env*"], migrations: ["**/migrations/**"] },
		agents: agents.map((name) => ({
			name,
			mappings: [
				{ template: "skills", folder: `private/${name}/skills` },
				{ template: `groups/${name}`, folder: `groups/${name}` },
			],
			neverWrite: [],
			migrations: [],
		})),
		supervisor: ["deadman.config.*"],
		reach: ["skills/**/mcp.json"],
	};
}
