// Makes a proposal out of a commit, in the supervisor's own repository: fetched, merged onto what is live, classified, divided among
// the targets, and its diff put down once. Everything that people and steps need later follows from the hashes made here.
import type { Conversation } from "../../core/asked.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { type Classified, classify } from "../../core/rules/classify.js";
import {
	type ChangedFile,
	hostTarget,
	type Proposal,
	type Shown,
	type Swap,
	type TargetChange,
} from "../../core/swap.js";
import type { Live, Merged, StoredReview } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { inTurns } from "../base/turns.js";
import type { ProposeRequest } from "../verbs/supervisor.js";
import { reviewIn } from "./reviewing.js";

/** What is asked for, with everything that the request left open. */
export interface Asked {
	readonly id: string;
	/** Null where the swap is new. */
	readonly existing: Swap | null;
	readonly request: ProposeRequest;
	readonly workspace: string | null;
	readonly target: string;
	/** As the operator allows it. */
	readonly conversation: Conversation | null;
	/** What an agent's workspace was made from. */
	readonly start: string | null;
}

export interface Prepared {
	readonly proposal: Proposal;
	readonly review: Omit<StoredReview, "epoch">;
}

/** What the request is merged onto and measured against. */
interface Ground {
	readonly live: Live;
	/** The host's commit that proposals start from. */
	readonly head: string;
	/** The same with the agent's private copies, where one asks. */
	readonly base: string;
	readonly branch: { readonly branch: string; readonly commit: string };
	readonly proposed: string;
}

export async function prepare(engine: Engine, asked: Asked): Promise<Prepared | Refusal> {
	const { repository } = engine.ports;
	const ground = await groundOf(engine, asked);
	if (isRefusal(ground)) return ground;
	const merged = await repository.merge({
		swapId: asked.id,
		live: ground.base,
		proposed: ground.proposed,
		branchHead: ground.branch.commit,
		branch: ground.branch.branch,
		message: messageOf(asked),
		shared: engine.settings.shared,
	});
	if (isRefusal(merged)) return merged;
	const files = withSentences(engine, asked, merged.files);
	if (isRefusal(files)) return files;
	const agent = asked.target === hostTarget ? null : asked.target;
	const classified = await inTurns(engine.ports.clock, classify(files, { rules: engine.settings.rules, agent }));
	if (isRefusal(classified)) return classified;
	const targets = await divide(engine, asked, { ground, merged, classified });
	if (isRefusal(targets)) return targets;
	return put(engine, asked, { ground, merged, classified, files, targets });
}

async function groundOf(engine: Engine, asked: Asked): Promise<Ground | Refusal> {
	const { repository } = engine.ports;
	const live = await engine.of(hostTarget).ports.releases.readLive();
	if (live === null) return refuse("baseline_unproven", { why: "no release is live" });
	const branch = await repository.head();
	if (isRefusal(branch)) return branch;
	const proposed = await repository.resolve(asked.request.revision);
	if (isRefusal(proposed)) return proposed;
	const refusal = (await repository.intake(proposed)) ?? (await repository.intake(branch.commit));
	if (refusal !== null) return refusal;
	const head = live.head ?? live.release.commit;
	const privates = engine.ports.agents.find(({ name }) => name === asked.target)?.privates;
	const base = privates === undefined ? head : await privates.overlay({ head, earlier: asked.start });
	return isRefusal(base) ? base : { live, head, base, branch, proposed };
}

function messageOf({ id, request }: Asked): string {
	return `${request.summary.trim()}\n\nDeadman-Swap: ${id}\n`;
}

/** A single file is said by the summary; of several, each needs its own sentence, unless the operator asks for none. */
function withSentences(
	engine: Engine,
	{ request }: Asked,
	files: readonly ChangedFile[],
): readonly ChangedFile[] | Refusal {
	const { fileSummaries, summary } = request;
	const changed = new Set(files.map((file) => file.path));
	const unknown = Object.keys(fileSummaries).find((path) => !changed.has(path));
	if (unknown !== undefined) return refuse("file_summary_unknown", { path: JSON.stringify(unknown) });
	const said = files.map((file) => ({
		...file,
		summary: sentenceFor(fileSummaries, file.path) || (files.length === 1 ? summary.trim() : file.summary),
	}));
	const silent = said
		.filter((file) => file.summary === null || file.summary === "")
		.map(({ path }) => JSON.stringify(path));
	if (silent.length === 0 || engine.settings.summaries === "overall") return said;
	const more = silent.length > shownPaths ? ` and ${silent.length - shownPaths} more` : "";
	return refuse("file_summary_missing", { paths: `${silent.slice(0, shownPaths).join(", ")}${more}` });
}

/** A file may be called `constructor`. */
function sentenceFor(sentences: ProposeRequest["fileSummaries"], path: string): string {
	return Object.hasOwn(sentences, path) ? (sentences[path] ?? "").trim() : "";
}

const shownPaths = 5;

interface Divided {
	readonly ground: Ground;
	readonly merged: Merged;
	readonly classified: Classified;
}

/** The host gets a commit without anything private; the agent gets what was reviewed. The host stands first. */
async function divide(engine: Engine, asked: Asked, divided: Divided): Promise<readonly TargetChange[] | Refusal> {
	const { ground, merged, classified } = divided;
	if (asked.target === hostTarget) return [changeOf(hostTarget, ground.live, merged)];
	const targets: TargetChange[] = [];
	const host = await hostPart(engine, asked, divided);
	if (host !== null) targets.push(changeOf(hostTarget, ground.live, host));
	if (classified.group.length === 0) return targets;
	const live = await engine.of(asked.target).ports.releases.readLive();
	if (live === null) return refuse("baseline_unproven", { why: `${asked.target}: nothing of it is live` });
	return [...targets, changeOf(asked.target, live, merged)];
}

function hostPart(engine: Engine, asked: Asked, { ground, merged, classified }: Divided): Promise<Merged | null> {
	const group = new Set(classified.group);
	const onlyGroup = merged.files.every(({ path, from }) => group.has(path) && (from === null || group.has(from)));
	if (onlyGroup) return Promise.resolve(null);
	const agent = engine.settings.rules.agents.find(({ name }) => name === asked.target);
	return engine.ports.repository.restrict({
		swapId: asked.id,
		head: ground.head,
		tree: merged.tree,
		folders: (agent?.mappings ?? []).map(({ template }) => template),
		message: messageOf(asked),
	});
}

function changeOf(target: string, live: Live, { commit, tree }: Merged): TargetChange {
	return { target, previous: live.release, commit, tree };
}

interface Put extends Divided {
	readonly files: readonly ChangedFile[];
	readonly targets: readonly TargetChange[];
}

async function put(engine: Engine, asked: Asked, parts: Put): Promise<Prepared> {
	const { ground, merged, classified, targets } = parts;
	const change = { swapId: asked.id, from: ground.base, tree: merged.tree, files: parts.files };
	const { review, files, whole } = await reviewIn(engine, change);
	const { sha256, bytes } = review;
	const shown: Shown = { tree: merged.tree, sha256, bytes, files: files.length, whole };
	const advice = await adviceOn(engine, targets);
	const proposal: Proposal = {
		summary: asked.request.summary.trim(),
		classification: classified.classification,
		files,
		proposed: ground.proposed,
		base: ground.base,
		branchHead: ground.branch.commit,
		tree: merged.tree,
		commit: merged.commit,
		previousRelease: targets[0]?.previous.id ?? ground.live.release.id,
		targets,
		flags: classified.flags,
		templated: classified.templated,
		templateBase: ground.head,
		shown,
		...(advice.length === 0 ? {} : { advice }),
		knownBad: await engine.ports.journal.knownBad({ tree: merged.tree, target: asked.target }),
	};
	return { proposal, review };
}

/** It keeps nobody from proposing that something cannot be known. */
async function adviceOn({ of, ports }: Engine, targets: readonly TargetChange[]): Promise<readonly string[]> {
	const host = targets.find(({ target }) => target === hostTarget);
	if (host === undefined) return [];
	try {
		return await of(hostTarget).ports.releases.advice(host.tree);
	} catch (error) {
		ports.log.warn("dependencies.unknown", { tree: host.tree, error: String(error) });
		return [];
	}
}
