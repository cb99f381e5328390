// From a revision to a swap: who may ask, whether anything stands in the way, and one turn at a time. What is proposed is prepared in
// preparation.ts; from there on nothing is read from a folder that a builder can write.

import type { Conversation } from "../../core/asked.js";
import { limits } from "../../core/limits.js";
import { emptySwap, evolve } from "../../core/machine/evolve.js";
import { happened } from "../../core/machine/standing.js";
import { authorise, nobodyToAsk } from "../../core/people/authority.js";
import { askedFirst, conversationOf } from "../../core/people/routing.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Actor, hostTarget, type Swap } from "../../core/swap.js";
import { VersionConflict } from "../../ports/ports.js";
import { createQueue } from "../../ports/waiting.js";
import { waysOf } from "../base/announcing.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { applying, excludes, isApplied, isOpen, mayUse, targetNames } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Freezing } from "../builders/freezing.js";
import type { Keepers } from "../programs/keepers.js";
import type { ProposeRequest, SubmitRequest, Supervisor } from "../verbs/supervisor.js";
import { type Asked, type Prepared, prepare } from "./preparation.js";
import { earlierSwap, type Keyed, keepKey } from "./repeats.js";

export type Proposals = Pick<Supervisor, "propose" | "submit">;

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	/** Goes on with a swap; returns at once. */
	readonly kick: (swapId: string) => void;
	readonly keepers: Keepers;
	readonly audit: Audit;
	readonly freezing: Freezing;
}

export function createProposals(parts: Parts): Proposals {
	const { engine, audit } = parts;
	/** One at a time: "one swap in flight" is looked at and acted on without another in between. */
	const inTurn = createQueue();

	/** Once, where it names a key. A request that was refused stays on record, with who asked. */
	async function answered(verb: string, request: Keyed, work: () => Promise<Swap | Refusal>): Promise<Swap | Refusal> {
		const answer = (await earlierSwap(engine, parts.store, request)) ?? (await work());
		const { by } = request;
		if (isRefusal(answer)) await audit({ swapId: null, by, verb, refusal: answer, shown: null });
		return answer;
	}

	return {
		propose: (request) => inTurn(() => answered("propose", request, () => propose(parts, request))),
		submit: (request) => inTurn(() => answered("submit", request, () => submit(parts, request))),
	};
}

function propose(parts: Parts, request: ProposeRequest): Promise<Swap | Refusal> {
	const target = request.target ?? hostTarget;
	const source = { workspace: null, target, start: null, keyed: request };
	return admit(parts, scrubbed(parts.engine, request), source);
}

async function submit(parts: Parts, request: SubmitRequest): Promise<Swap | Refusal> {
	const { workspaces } = parts.engine.ports;
	const { workspace } = request;
	const found = (await workspaces.list()).find(({ name }) => name === workspace);
	if (found !== undefined && !mayUse(found, request.by)) return refuse("workspace_unknown", { name: workspace });
	const revision = await workspaces.head(workspace);
	if (isRefusal(revision)) return revision;
	const { target = hostTarget, start = null } = found ?? {};
	const given = scrubbed(parts.engine, { ...request, revision });
	return admit(parts, given, { workspace, target, start, keyed: request });
}

interface Source extends Pick<Asked, "workspace" | "target" | "start"> {
	/** As it came, for its key. */
	readonly keyed: Keyed;
}

/** What a builder writes goes to journals and cards: secrets leave it at the door. */
function scrubbed({ ports }: Engine, request: ProposeRequest): ProposeRequest {
	const sentences = Object.entries(request.fileSummaries).map(([path, text]) => [path, ports.scrub(text)] as const);
	return { ...request, summary: ports.scrub(request.summary), fileSummaries: Object.fromEntries(sentences) };
}

async function admit(parts: Parts, request: ProposeRequest, { keyed, ...source }: Source): Promise<Swap | Refusal> {
	const { engine, store } = parts;
	const { authority } = engine.settings;
	const unfinished = await store.unfinished();
	const existing = draftOf(unfinished, source.workspace);
	const refusal =
		authorise(authority, { by: request.by, verb: "propose", swap: existing }) ??
		engine.settings.blocked ??
		targetRefusal(engine, source.target) ??
		summaryRefusal(request) ??
		inFlightRefusal(unfinished, [source.target]) ??
		(await baselineRefusal(parts, [source.target]));
	if (refusal !== null) return refusal;
	const conversation = allowedConversation(engine, request, existing);
	if (isRefusal(conversation)) return conversation;
	const asked: Asked = { id: existing?.id ?? engine.ports.ids.swap(), existing, request, conversation, ...source };
	const prepared = await prepare(engine, asked);
	if (isRefusal(prepared)) return prepared;
	const touched = (prepared.proposal.targets ?? []).map(({ target }) => target);
	const late =
		unaskedRefusal(engine, asked, prepared) ??
		inFlightRefusal(unfinished, touched) ??
		(await baselineRefusal(parts, touched)) ??
		(await protectionRefusal(engine, touched)) ??
		(await knownBadRefusal(parts, asked, prepared));
	if (late !== null) return late;
	await keepKey(engine, keyed, { swapId: asked.id, epoch: (asked.existing?.epoch ?? 0) + 1 });
	return record(parts, asked, prepared);
}

/** Told at the door, with where to read why. Who insists passes it; where nobody is asked afterwards, no builder does. */
async function knownBadRefusal(
	{ engine, store }: Parts,
	{ request }: Asked,
	{ proposal }: Prepared,
): Promise<Refusal | null> {
	const id = proposal.knownBad ?? null;
	const asked = engine.settings.approval !== "auto" || request.by.surface !== "builder";
	if (id === null || (request.insist === true && asked)) return null;
	const swap = await store.read(id);
	return refuse("known_bad", { id, happened: swap === null ? "" : happened(swap) });
}

/** A proposal that nobody could ever approve is told at once; where approval is automatic, nobody is asked. */
function unaskedRefusal({ settings }: Engine, asked: Asked, { proposal }: Prepared): Refusal | null {
	if (settings.approval === "auto") return null;
	const { id, target, existing, request } = asked;
	return nobodyToAsk(settings.authority, { id, target, proposer: existing?.proposer ?? request.by, proposal });
}

/** A retry is another epoch of the same swap: its earlier cards are dead by their nonce. */
function draftOf(unfinished: readonly Swap[], workspace: string | null): Swap | null {
	if (workspace === null) return null;
	return unfinished.find((swap) => swap.status === "drafting" && swap.workspace === workspace) ?? null;
}

/** A retry that names none goes back to where the try before came from. */
function allowedConversation(
	{ ports, settings }: Engine,
	{ conversation }: ProposeRequest,
	existing: Swap | null,
): Conversation | Refusal | null {
	if (conversation == null) return existing?.conversation ?? null;
	const channels = ports.deliveries.map(({ name }) => [name, { own: null, others: [] }] as const);
	const allowed = conversationOf(conversation, { ...Object.fromEntries(channels), ...settings.conversations });
	if (isRefusal(allowed)) return allowed;
	const threads = ports.deliveries.some(({ name, can }) => name === allowed.channel && can.thread);
	return threads ? allowed : { ...allowed, thread: null };
}

function targetRefusal(engine: Engine, target: string): Refusal | null {
	return engine.targets.includes(target) ? null : refuse("target_unknown", { target: JSON.stringify(target) });
}

function summaryRefusal({ summary }: ProposeRequest): Refusal | null {
	if (summary.trim() === "") return refuse("summary_missing");
	if (summary.length <= limits.summaryCharacters) return null;
	return refuse("input_invalid", { problems: `summary: longer than ${limits.summaryCharacters} characters` });
}

function inFlightRefusal(unfinished: readonly Swap[], targets: readonly string[]): Refusal | null {
	const other = unfinished.find((swap) => isOpen(swap) && excludes(targetNames(swap), targets));
	if (other !== undefined) return refuse("swap_in_flight", { id: other.id, status: other.status });
	const applied = targets.includes(hostTarget) ? unfinished.find(isApplied) : undefined;
	return applied === undefined ? null : refuse("swap_in_flight", { id: applied.id, status: applying });
}

/** The first swap of a target needs something to come back to (F25). */
async function baselineRefusal({ keepers }: Parts, targets: readonly string[]): Promise<Refusal | null> {
	for (const target of targets) {
		const keeper = keepers.of(target);
		// A swap that has just ended is still being tidied; its version is kept again from now on.
		if (keeper.status().state === "swapping") await keeper.ensure();
		await keeper.settled();
		const { proven, detail } = keeper.status();
		if (proven) continue;
		const why = detail === "" ? "it has not been started" : detail;
		return refuse("baseline_unproven", { why: target === hostTarget ? why : `${target}: ${why}` });
	}
	return null;
}

/** A database that a rollback could not bring back, or a path that no release can share, is found before anybody is asked; a start never refuses for it. */
async function protectionRefusal(engine: Engine, targets: readonly string[]): Promise<Refusal | null> {
	const unshared = await engine.of(hostTarget).ports.releases.sharing();
	if (unshared !== null) return unshared;
	for (const target of targets) {
		const refusal = await engine.of(target).ports.snapshots.protection();
		if (refusal !== null) return refusal;
	}
	return null;
}

async function record(
	{ engine, store, kick, freezing }: Parts,
	asked: Asked,
	{ proposal, review }: Prepared,
): Promise<Swap | Refusal> {
	const { ports, settings } = engine;
	const auto = settings.approval === "auto";
	const drafted = asked.existing === null ? [draft(asked)] : [];
	const nowMs = ports.clock.now().wallMs;
	const base = asked.existing ?? (await unused(store, asked.id));
	// As it will stand: a swap and its first submission are on disk together, so that no kill leaves one that nobody owns.
	const swap = drafted.reduce((known, fact) => evolve(known, { ...fact, atMs: nowMs }), base);
	const supervisor: Actor = { surface: "supervisor", id: "auto" };
	const approvalExpiresAtMs = nowMs + settings.approvalMs;
	const { conversation } = asked;
	const routed = { ...swap, proposal, conversation, approvalExpiresAtMs };
	const places = auto ? null : askedFirst(waysOf(engine), routed, nowMs);
	try {
		const submitted = await store.append(
			base,
			[
				...drafted,
				{
					type: "submitted",
					proposal,
					...(auto ? {} : { approvalExpiresAtMs }),
					...(conversation === null ? {} : { conversation }),
					...(places === null ? {} : { asked: places }),
				},
				...(auto ? [{ type: "approved", by: supervisor } as const] : []),
			],
			{ diff: auto ? null : review.diff, review: { ...review, epoch: swap.epoch + 1 } },
		);
		await freezing.follow(submitted.id);
		return submitted;
	} finally {
		// Also after a failed append: it may have landed all the same.
		kick(swap.id);
	}
}

function draft({ workspace, target, request }: Asked) {
	return { type: "drafted", target, workspace, proposer: request.by } as const;
}

async function unused(store: Store, id: string): Promise<Swap> {
	if ((await store.read(id)) !== null) throw new VersionConflict(id);
	return emptySwap(id);
}
