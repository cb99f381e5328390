// The adapters of one target: what it runs from, its databases, its program. The host runs from releases or from its own checkout;
// an agent from its private folders, with a state folder of its own.
import { homedir } from "node:os";
import { join } from "node:path";
import type { Versions } from "../adapters/databases/protection.js";
import { createSnapshots } from "../adapters/databases/snapshots.js";
import type { Covered } from "../adapters/files/places.js";
import { withFiles } from "../adapters/files/with-files.js";
import { createInPlace } from "../adapters/git/in-place/in-place.js";
import { createPrivateCopies } from "../adapters/git/private/private-copies.js";
import { createPrivateReleases } from "../adapters/git/private/private-releases.js";
import { createReleases } from "../adapters/git/releases/releases.js";
import { createTracked } from "../adapters/git/trees/tracked.js";
import { createManaged } from "../adapters/process/run/managed.js";
import { createProbe } from "../adapters/process/run/probe.js";
import { createPrograms } from "../adapters/process/run/programs.js";
import { createBallast } from "../adapters/system/ballast.js";
import { createNodeChoice } from "../adapters/system/node-choice.js";
import type { Settings } from "../config/config.js";
import { isManaged } from "../config/shapes.js";
import { limits } from "../core/limits.js";
import type { AgentPorts } from "../engine/base/context.js";
import type {
	Clock,
	Commands,
	Files,
	Gate,
	Log,
	NodeChoice,
	ReleaseRef,
	Releases,
	Scrub,
	TargetPorts,
} from "../ports/ports.js";
import { agentSettings, mappingsOf, programOf } from "./settings.js";

export interface TargetParts {
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Settings;
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly clock: Clock;
	readonly log: Log;
	readonly scrub: Scrub;
	readonly instance: string;
	readonly sockets: { readonly program: string };
	/** Where programs reach the gateway over TCP; null: nowhere. */
	readonly gateway: () => string | null;
}

export function createHost(parts: TargetParts): TargetPorts {
	const { settings } = parts;
	const node = nodeFor(parts, settings.program);
	const staged = createReleases({ ...parts, node });
	const { branch, outputs } = settings;
	const releases = settings.activation === "in_place" ? createInPlace({ ...parts, branch, outputs, staged }) : staged;
	const versions = versionsOf(settings);
	return {
		releases,
		...runtimeOf(parts, { ...settings, node, versions, tracked: createTracked(parts), covered: coveredBy(settings) }),
	};
}

export function versionsOf({ activation, shared, outputs }: Settings): Versions {
	if (activation === "in_place") return { how: "in_place", outputs };
	return { how: "release", shared: shared.map(({ path }) => path) };
}

export function createAgent(parts: TargetParts, name: string): AgentPorts {
	const { root, stateDir, settings } = parts;
	const target = settings.targets[name];
	if (target === undefined) throw new Error(`There is no target ${name}.`);
	const targetDir = join(stateDir, "targets", name);
	const own = { ...settings, build: target.build, checks: target.checks };
	const builds = target.build !== null || target.checks.length > 0;
	const places = mappingsOf(target);
	const program = programOf(target);
	const node = nodeFor(parts, program);
	const staged = builds ? stagedFor(createReleases({ ...parts, node, settings: own }), name) : null;
	const copies = { ...parts, root, stateDir, targetDir, name, places };
	const instance = `${parts.instance}.${name}`;
	return {
		name,
		settings: agentSettings(settings, name),
		privates: createPrivateCopies(copies),
		releases: createPrivateReleases({ ...copies, staged }),
		...runtimeOf(
			{ ...parts, stateDir: targetDir, instance },
			{
				databases: target.databases,
				versions: { how: "private" },
				program,
				node,
				tracked: createTracked(parts),
				covered: coveredBy({ ...target, shared: [] }),
			},
		),
	};
}

export function nodeFor({ root }: Pick<TargetParts, "root">, { node }: Settings["program"]): NodeChoice {
	return createNodeChoice({ wanted: node, root, home: homedir(), path: process.env.PATH });
}

interface Runtime extends Pick<Settings, "databases" | "program"> {
	readonly node: NodeChoice;
	readonly versions: Versions;
	readonly tracked: ReturnType<typeof createTracked>;
	readonly covered: readonly Covered[];
}

function runtimeOf(
	parts: TargetParts,
	{ databases, versions, program, node, tracked, covered }: Runtime,
): Omit<TargetPorts, "releases"> {
	const { stateDir, files, scrub, commands, clock } = parts;
	const all = [
		...parts.settings.databases,
		...Object.values(parts.settings.targets).flatMap((target) => target.databases),
	];
	const elsewhere = all.flatMap(({ path }) => path ?? []);
	return {
		snapshots: withFiles(createSnapshots({ ...parts, databases, versions, tracked }), { ...parts, covered, elsewhere }),
		ballast: createBallast({ file: join(stateDir, "ballast"), bytes: limits.ballastBytes, files }),
		programs: isManaged(program) ? createManaged({ ...parts, program }) : createPrograms({ ...parts, program, node }),
		probe: createProbe({ readiness: program.readiness, node, stateDir, scrub, commands, clock }),
	};
}

/** The entries of `files`, and what is shared beside them: that is watched, so that what is not put back is told by name. */
function coveredBy({ files, shared }: Pick<Settings, "files" | "shared">): Covered[] {
	const watched = shared.filter(({ path }) => !files.some((entry) => entry.path === path));
	return [...files, ...watched.map(({ path }) => ({ path, policy: "watch" as const, exclude: [] }))];
}

/** Beside the host's releases, under names of their own; the host's pruning takes them when nobody needs them. */
function stagedFor(releases: Releases, target: string): Releases {
	const named = (release: ReleaseRef): ReleaseRef => ({ ...release, id: `${release.id}-${target}` });
	return {
		...releases,
		checkout: (release) => releases.checkout(named(release)),
		install: (release, ...rest) => releases.install(named(release), ...rest),
		build: (release, ...rest) => releases.build(named(release), ...rest),
		check: (release, ...rest) => releases.check(named(release), ...rest),
		seal: (release) => releases.seal(named(release)),
		sealed: (id) => releases.sealed(`${id}-${target}`),
		folder: (id) => releases.folder(`${id}-${target}`),
		prune: async () => [],
	};
}
