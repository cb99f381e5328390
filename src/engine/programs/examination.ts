// What `deadman doctor` finds out through the ports: the repository, the databases, the clock, and whether the program really
// starts and answers (F25). Changes nothing but the baseline release, which `run` would make as well, and removes leftovers of ours in the git folder.
import { formatDuration } from "../../core/duration.js";
import { remoteRemedy, remoteSentence } from "../../core/mounts.js";
import { isRefusal, type Refusal } from "../../core/refusals.js";
import { hostTarget } from "../../core/swap.js";
import type { Behind, Finding, Remote } from "../../ports/ports.js";
import { createEngine, type Engine, type EngineSettings, type Ports, type TargetEngine } from "../base/context.js";
import { createStore } from "../base/store.js";
import { establishBaseline } from "./baseline.js";
import { createKeeper } from "./keeper.js";
import { createReports } from "./reports.js";
import { findRun, unmanaged } from "./running.js";

export async function examineEngine(ports: Ports, settings: EngineSettings): Promise<Finding[]> {
	const engine = createEngine(ports, settings);
	return [
		await repositoryFinding(engine),
		...(await fileFindings(engine)),
		...(await branchFindings(engine)),
		authorityFinding(settings),
		...(await databaseFindings(engine)),
		await sharedFinding(engine),
		await clockFinding(engine),
		...(await waitingFindings(engine)),
		await programFinding(engine.of(hostTarget)),
	];
}

/** Of every target: each has its own. */
async function databaseFindings(engine: Engine): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const target of engine.targets) {
		const { snapshots } = engine.of(target).ports;
		const name = target === hostTarget ? "databases" : `databases of ${target}`;
		const refusal = (await snapshots.protection()) ?? (await snapshots.rehearse());
		findings.push(of(name, refusal, "The databases are protected, pass their integrity check, and a snapshot fits."));
		findings.push(...(await snapshots.remote()).map(remoteFinding));
		const missing = await snapshots.missing();
		if (refusal === null && missing.length > 0) findings.push(missingFinding(`missing ${name}`, missing));
		const uncovered = await snapshots.uncovered();
		if (uncovered.length > 0) findings.push(uncoveredFinding(target, uncovered));
	}
	return findings;
}

/** What all releases are linked to, an agent's builds too. */
async function sharedFinding(engine: Engine): Promise<Finding> {
	const refusal = await engine.of(hostTarget).ports.releases.sharing();
	return of("shared", refusal, "What releases share is known to be a file or a folder, each path.");
}

function remoteFinding({ path, kind }: Remote): Finding {
	return {
		name: `place of ${path}`,
		level: "warn",
		sentence: remoteSentence(path, kind),
		next: remoteRemedy,
	};
}

function missingFinding(name: string, missing: readonly string[]): Finding {
	return {
		name,
		level: "warn",
		sentence: `No file is there for ${missing.join(", ")}.`,
		next: "Correct the path in the configuration, unless the program makes the file when it starts.",
	};
}

function uncoveredFinding(target: string, folders: readonly string[]): Finding {
	return {
		name: target === hostTarget ? "uncovered files" : `uncovered files of ${target}`,
		level: "warn",
		sentence: `A rollback does not put back what lies in ${folders.join(", ")} beside the databases.`,
		next: 'Add an entry to `files` in the configuration: policy "restore", or "keep" where the files may stay.',
	};
}

function of(name: string, refusal: Refusal | null, sentence: string): Finding {
	if (refusal === null) return { name, level: "ok", sentence, next: null };
	return { name, level: "bad", sentence: refusal.message, next: refusal.next };
}

async function repositoryFinding({ ports }: Engine): Promise<Finding> {
	const head = await ports.repository.head();
	if (isRefusal(head)) return of("repository", head, "");
	return of("repository", null, `${head.branch} stands at ${head.commit.slice(0, 12)}.`);
}

/** What of the branch no release can hold. A repository that cannot be read is said above, and where the program is tried. */
async function fileFindings({ ports: { repository } }: Engine): Promise<Finding[]> {
	const head = await repository.head();
	if (isRefusal(head)) return [];
	try {
		const refusal = (await repository.intake(head.commit)) ?? (await repository.unreleasable(head.commit));
		return [of("files", refusal, "Releases can hold every file that git tracks: no submodules, no filters.")];
	} catch {
		return [];
	}
}

/** What confirms have left to the operator, and what following left behind in older versions. */
async function branchFindings({ ports }: Engine): Promise<Finding[]> {
	const { removed, behind } = await ports.repository.tidyCheckout();
	const waiting = await ports.repository.unsettled();
	return [
		...(removed.length === 0
			? []
			: [of("checkout", null, `Removed what an earlier confirm left: ${removed.join(", ")}.`)]),
		...(behind === null ? [] : [behindFinding(behind)]),
		...waiting.map(
			({ swapId, branch, commit, ref, command }): Finding => ({
				name: `confirmed ${swapId}`,
				level: "warn",
				sentence: `${branch} does not have the confirmed change of ${swapId}, ${commit.slice(0, 12)}: whoever builds from ${branch} builds without it.`,
				next: `Run \`${command}\`; if you have taken it in by other means, \`git update-ref -d ${ref}\`.`,
			}),
		),
	];
}

function behindFinding({ commit, paths, edited, command }: Behind): Finding {
	const shown = [...paths, ...edited].map((path) => JSON.stringify(path)).join(", ");
	const byHand =
		edited.length === 0
			? ""
			: ` ${edited.join(", ")} hold edits of yours too: take the change in by hand, \`git show ${commit.slice(0, 12)}\`.`;
	return {
		name: "checkout",
		level: "warn",
		sentence: `The checkout stayed behind the confirmed ${commit.slice(0, 12)}: your next commit would undo it in ${shown}.`,
		next: `Run \`${command}\`.${byHand}`,
	};
}

/** Nobody was told for so long. */
const longMs = 5 * 60_000;

async function waitingFindings({ ports }: Engine): Promise<Finding[]> {
	const nowMs = ports.clock.now().wallMs;
	const waiting = (await ports.journal.backlog()).filter(({ oldestAtMs }) => nowMs - oldestAtMs > longMs);
	return waiting.map(({ channel, pending, oldestAtMs, lastError }) => {
		const why = lastError === null ? "" : ` The last try failed: ${ports.scrub(lastError)}`;
		return {
			name: `channel ${channel}`,
			level: "warn",
			sentence: `${pending} messages wait, the oldest for ${formatDuration(nowMs - oldestAtMs)}.${why}`,
			next: `Start the supervisor, then \`deadman notify test ${channel}\` tells what is wrong.`,
		};
	});
}

/** A wall clock behind the journal was set back, or started at 1970: windows over a reboot would be misjudged. */
async function clockFinding({ ports }: Engine): Promise<Finding> {
	const [newest] = await ports.journal.swaps(1);
	const behindMs = newest === undefined ? 0 : newest.updatedAtMs - ports.clock.now().wallMs;
	if (behindMs <= 0) return of("clock", null, "The wall clock is not behind the journal.");
	return {
		name: "clock",
		level: "warn",
		sentence: `The wall clock is ${formatDuration(behindMs)} behind the newest fact in the journal.`,
		next: "Set the clock, or let it synchronise, before the next swap.",
	};
}

/** Who would be asked; nobody is a proposal that can never be approved. */
function authorityFinding({ authority }: EngineSettings): Finding {
	const people = authority.people.map(({ name }) => name);
	if (people.length === 0) {
		return of("people", null, "No people are configured: whoever reaches an operator's surface is the owner.");
	}
	const owners = authority.people.filter(({ roles }) => roles.includes("owner"));
	if (owners.length > 0) return of("people", null, `${people.join(", ")} may be asked.`);
	return {
		name: "people",
		level: "bad",
		sentence: "Nobody among the people is an owner, so no change of the host can be approved.",
		next: 'Give one of them the role "owner" in `people` of the configuration.',
	};
}

async function programFinding(engine: TargetEngine): Promise<Finding> {
	const store = createStore(engine);
	const open = await store.unfinished();
	if (open.length > 0) {
		const sentence = `${open[0]?.id} is unfinished, so the program was not tried.`;
		return { name: "program", level: "warn", sentence, next: "Start the supervisor: `deadman run` goes on with it." };
	}
	if (engine.settings.managed) return askProgram(engine);
	return tryProgram(engine, createKeeper(engine, store, createReports(engine)));
}

/** Somebody else's service is neither started nor stopped to look at it. */
async function askProgram(engine: TargetEngine): Promise<Finding> {
	const { probe, releases } = engine.ports;
	const release = (await releases.current()) ?? "none";
	const run = (await findRun(engine, release)) ?? unmanaged(engine, release);
	const { healthy, detail } = await probe.ask(run, releases.folder(release), engine.stopping.signal);
	if (healthy) return of("program", null, `What serves now answers: ${detail}.`);
	return {
		name: "program",
		level: "warn",
		sentence: `What serves now does not answer: ${detail}.`,
		next: "Start it; the supervisor restarts it with the configured command when it begins.",
	};
}

async function tryProgram(engine: TargetEngine, keeper: ReturnType<typeof createKeeper>): Promise<Finding> {
	try {
		await establishBaseline(engine, keeper);
		await keeper.ensure();
		await keeper.settled();
		const { proven, detail } = keeper.status();
		if (proven) return of("program", null, `The live version starts and answers: ${detail}.`);
		const release = await engine.ports.releases.current();
		const log = release === null ? [] : await engine.ports.programs.logTail(release, 20);
		return {
			name: "program",
			level: "bad",
			sentence: `The live version does not start: ${[detail, ...log].join(" | ")}`,
			next: "Make it start and answer its readiness probe; no swap is accepted before.",
		};
	} finally {
		await keeper.close();
		await engine.ports.programs.stopAll();
	}
}
