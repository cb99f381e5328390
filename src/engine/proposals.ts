// From a revision to a swap: fetched into the supervisor's own repository, merged onto the live version, reviewed as a tree. From
// here on nothing is read from a folder that a builder can write.

import { authorise } from "../core/authority.js";
import { emptySwap } from "../core/evolve.js";
import { limits } from "../core/limits.js";
import { isEnded } from "../core/phases.js";
import { classify } from "../core/policy.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Actor, ChangedFile, Proposal, Swap } from "../core/swap.js";
import { type Live, VersionConflict } from "../ports.js";
import type { Advancer } from "./advance.js";
import type { Engine } from "./context.js";
import type { Keeper } from "./keeper.js";
import type { Store } from "./store.js";
import type { ProposeRequest, SubmitRequest } from "./supervisor.js";

export interface Proposals {
	propose(request: ProposeRequest): Promise<Swap | Refusal>;
	submit(request: SubmitRequest): Promise<Swap | Refusal>;
}

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly advancer: Advancer;
	readonly keeper: Keeper;
}

interface Draft {
	readonly id: string;
	/** Null where the swap is new. */
	readonly existing: Swap | null;
	readonly workspace: string | null;
}

export function createProposals(parts: Parts): Proposals {
	let last: Promise<unknown> = Promise.resolve();

	/** One at a time: "one swap in flight" is looked at and acted on without another in between. */
	function inTurn<T>(work: () => Promise<T>): Promise<T> {
		const mine = last.then(work, work);
		last = mine.catch(() => {});
		return mine;
	}

	return {
		propose: (request) => inTurn(() => admit(parts, scrubbed(parts.engine, request), null)),
		submit: (request) =>
			inTurn(async () => {
				const revision = await parts.engine.ports.workspaces.head(request.workspace);
				return isRefusal(revision)
					? revision
					: admit(parts, scrubbed(parts.engine, { ...request, revision }), request.workspace);
			}),
	};
}

/** What a builder writes goes to journals and cards: secrets leave it at the door. */
function scrubbed({ ports }: Engine, request: ProposeRequest): ProposeRequest {
	const sentences = Object.entries(request.fileSummaries).map(([path, text]) => [path, ports.scrub(text)] as const);
	return { ...request, summary: ports.scrub(request.summary), fileSummaries: Object.fromEntries(sentences) };
}

async function admit(parts: Parts, request: ProposeRequest, workspace: string | null): Promise<Swap | Refusal> {
	const { engine, store } = parts;
	const unfinished = await store.unfinished();
	const refusal =
		authorise(request.by, "propose") ??
		summaryRefusal(request) ??
		inFlightRefusal(unfinished) ??
		(await baselineRefusal(parts));
	if (refusal !== null) return refusal;
	const existing = unfinished.find(
		(swap) => swap.status === "drafting" && workspace !== null && swap.workspace === workspace,
	);
	const draft = { id: existing?.id ?? engine.ports.ids.swap(), existing: existing ?? null, workspace };
	const proposal = await prepare(engine, request, draft.id);
	if (isRefusal(proposal)) return proposal;
	return record(parts, { request, draft, proposal });
}

function summaryRefusal({ summary }: ProposeRequest): Refusal | null {
	if (summary.trim() === "") return refuse("summary_missing");
	if (summary.length <= limits.summaryCharacters) return null;
	return refuse("input_invalid", { problems: `summary: longer than ${limits.summaryCharacters} characters` });
}

function inFlightRefusal(unfinished: readonly Swap[]): Refusal | null {
	const other = unfinished.find((swap) => !isEnded(swap.status) && swap.status !== "drafting");
	return other === undefined ? null : refuse("swap_in_flight", { id: other.id, status: other.status });
}

/** The first swap needs something to come back to (F25). */
async function baselineRefusal({ keeper }: Parts): Promise<Refusal | null> {
	// A swap that has just ended is still being tidied; its version is kept again from now on.
	if (keeper.status().state === "swapping") await keeper.ensure();
	await keeper.settled();
	const { proven, detail } = keeper.status();
	return proven ? null : refuse("baseline_unproven", { why: detail === "" ? "it has not been started" : detail });
}

async function prepare(engine: Engine, request: ProposeRequest, swapId: string): Promise<Proposal | Refusal> {
	const { repository, releases } = engine.ports;
	const live = await releases.readLive();
	if (live === null) return refuse("baseline_unproven", { why: "no release is live" });
	const head = await repository.head();
	if (isRefusal(head)) return head;
	const proposed = await repository.resolve(request.revision);
	if (isRefusal(proposed)) return proposed;
	const refusal = (await repository.intake(proposed)) ?? (await repository.intake(head.commit));
	if (refusal !== null) return refusal;
	const merged = await repository.merge({
		swapId,
		live: live.release.commit,
		proposed,
		branchHead: head.commit,
		branch: head.branch,
		message: messageOf(swapId, request),
		shared: engine.settings.shared,
	});
	if (isRefusal(merged)) return merged;
	const files = withSentences(merged.files, request.fileSummaries);
	if (isRefusal(files)) return files;
	return proposalOf({ request, live, proposed, branchHead: head.commit, merged: { ...merged, files } });
}

function messageOf(swapId: string, request: ProposeRequest): string {
	return `${request.summary.trim()}\n\nDeadman-Swap: ${swapId}\n`;
}

interface Prepared {
	readonly request: ProposeRequest;
	readonly live: Live;
	readonly proposed: string;
	readonly branchHead: string;
	readonly merged: { readonly tree: string; readonly commit: string; readonly files: readonly ChangedFile[] };
}

function proposalOf({ request, live, proposed, branchHead, merged }: Prepared): Proposal {
	return {
		summary: request.summary.trim(),
		classification: classify(),
		files: merged.files,
		proposed,
		base: live.release.commit,
		branchHead,
		tree: merged.tree,
		commit: merged.commit,
		previousRelease: live.release.id,
	};
}

function withSentences(
	files: readonly ChangedFile[],
	sentences: Readonly<Record<string, string>>,
): readonly ChangedFile[] | Refusal {
	const changed = new Set(files.map((file) => file.path));
	const unknown = Object.keys(sentences).find((path) => !changed.has(path));
	if (unknown !== undefined) return refuse("file_summary_unknown", { path: JSON.stringify(unknown) });
	return files.map((file) => ({ ...file, summary: sentences[file.path] ?? file.summary }));
}

interface Recording {
	readonly request: ProposeRequest;
	readonly draft: Draft;
	readonly proposal: Proposal;
}

async function record(
	{ engine, store, advancer }: Parts,
	{ request, draft, proposal }: Recording,
): Promise<Swap | Refusal> {
	const auto = engine.settings.approval === "auto";
	const bad = auto ? await engine.ports.journal.knownBad(proposal.tree) : null;
	if (bad !== null) return refuse("known_bad", { id: bad });
	const swap = draft.existing ?? (await begin(store, draft, request.by));
	const supervisor: Actor = { surface: "supervisor", id: "auto" };
	try {
		return await store.append(swap, [
			{ type: "submitted", proposal },
			...(auto ? [{ type: "approved", by: supervisor } as const] : []),
		]);
	} finally {
		// Also after a failed append: it may have landed all the same.
		advancer.kick(swap.id);
	}
}

async function begin(store: Store, { id, workspace }: Draft, proposer: Actor): Promise<Swap> {
	const taken = await store.read(id);
	if (taken !== null) throw new VersionConflict(id);
	return store.append(emptySwap(id), [{ type: "drafted", target: "host", workspace, proposer }]);
}
