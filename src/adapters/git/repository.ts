// The port Repository on git: the operator's repository is asked and moved, the supervisor's own one is read. Jobs run one after the other.
import { limits } from "../../core/limits.js";
import { isRefusal, type Refusal, RefusedError, refuse } from "../../core/refusals.js";
import type { Advance, AdvanceRequest, Commands, Files, Gate, Log, Repository } from "../../ports/ports.js";
import { createQueue } from "../../ports/waiting.js";
import type { AdvanceContext } from "./checkout/advance.js";
import { createAhead } from "./checkout/ahead.js";
import { anyWaiting, keepConfirmed, unsettled } from "./checkout/confirmed.js";
import { tidyCheckout } from "./checkout/earlier-follow.js";
import { type FollowRequest, follow } from "./checkout/follow.js";
import { followingLock } from "./checkout/follow-index.js";
import { pendingPlans } from "./checkout/follow-plan.js";
import { promoteTemplate } from "./private/template.js";
import { listTreeArgs, revisionArgs } from "./repository/argv.js";
import { settleIntents } from "./repository/intents.js";
import { layoutOf } from "./repository/layout.js";
import { parseTree } from "./repository/listing.js";
import { askOperator, branchLocks, busyWith, indexLock, operationOf, waitForLocks } from "./repository/operator.js";
import { type Own, openOwnRepository } from "./repository/own-repository.js";
import { changeOf } from "./trees/change.js";
import { digestOf, textOf } from "./trees/digest.js";
import { filtersOfTree, filtersRefused, submodulesOf, submodulesRefused } from "./trees/filters.js";
import { fetchCommit, hasArrived, isCommitHash } from "./trees/intake.js";
import { mergeSwap } from "./trees/merge.js";
import { restrictSwap } from "./trees/restrict.js";
import { fetchTags } from "./trees/tags.js";
import { checkTree, reservedPaths } from "./trees/tree-check.js";
import { oddMode } from "./trees/tree-modes.js";

export interface RepositoryOptions {
	/** The operator's repository folder, absolute. */
	readonly root: string;
	readonly branch: string;
	/** `in_place`: the checkout is what runs, so nothing may come onto the branch that was not tried. */
	readonly activation?: "release" | "in_place";
	readonly stateDir: string;
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	/** How long another git's locks are waited for. */
	readonly lockWaitMs?: number;
}

/** The own repository stands in `<stateDir>/repo.git` and is made on first use. */
export function createRepository(options: RepositoryOptions): Repository {
	const { root, stateDir, commands, lockWaitMs = limits.lockWaitMs } = options;
	const reserved = reservedPaths(root, stateDir);
	const mayMerge = options.activation !== "in_place";
	const queue = createQueue();
	/** One job at a time, on the own repository; a missing operator's repository becomes the refusal it is. */
	const job = <T>(work: (own: Own) => Promise<T>) =>
		queue(async () => work(await openOwnRepository(options))) as Promise<T>;

	const ahead = createAhead();
	const moving = (own: Own) => ({ ...options, own, lockWaitMs });

	return {
		head: () => refusing(job((own) => head(own, options.branch, lockWaitMs))),
		resolve: (revision) => refusing(job((own) => resolve(own, revision))),
		intake: (commit) => refusing(job((own) => takeIn(own, commit, { ...options, reserved }))),
		unreleasable: (commit) =>
			job(async (own) => filtersRefused(`The branch ${options.branch}`, await filtersOfTree(own, commands, commit))),
		merge: (request) =>
			job((own) => {
				const refused = (tree: string) => filterRefusal(own, commands, { tree, live: request.live });
				return mergeSwap(own.git, request, { reserved, refused, mayMerge });
			}),
		treeOf: (commit) => job(({ git }) => git.text(revisionArgs(`${commit}^{tree}`))),
		diff: (from, to) => job(async (own) => textOf(await changeOf(own, from, to))),
		digest: ({ from, to, maxBytes }) => job(async (own) => digestOf(await changeOf(own, from, to), maxBytes)),
		restrict: (request) => job((own) => restrictSwap(own, request)),
		promote: (request) =>
			job((own) => {
				const standing = async () => commitOf(await head(own, request.branch, lockWaitMs));
				return promoteTemplate({ ...moving(own), reserved, head: standing }, request);
			}),
		advanceBranch: (request) => job((own) => advanceBranch(moving(own), { ...request, mayMerge })),
		// Asked by every status: so it waits for no other job, and mostly costs no git.
		unsettled: async () =>
			(await anyWaiting(layoutOf(stateDir))) ? unsettled(moving(await openOwnRepository(options))) : [],
		// The same: it waits for no other job.
		ahead: async (live) => ahead({ own: await openOwnRepository(options), commands }, { branch: options.branch, live }),
		tidyCheckout: () => job((own) => tidyCheckout(moving(own), options.branch)),
	};
}

async function takeIn(own: Own, commit: string, rules: RepositoryOptions & { readonly reserved: readonly string[] }) {
	const refused =
		(await fetchCommit(own, commit)) ??
		(await submoduleRefusal(own, commit, rules.branch)) ??
		(await checkTree(own.git, { tree: commit, shared: [], reserved: rules.reserved }));
	if (refused === null) await fetchTags(own, commit, rules.log);
	return refused;
}

async function advanceBranch(
	context: AdvanceContext,
	request: AdvanceRequest & Pick<FollowRequest, "mayMerge">,
): Promise<Advance> {
	const name = request.swapId;
	const outcome = await follow(context, { ...request, name });
	if (outcome.moved) return outcome;
	const { folder, ...held } = outcome;
	return { ...held, ...(await keepConfirmed(context, { ...request, name, folder })) };
}

async function refusing<T>(answer: Promise<T>): Promise<T | Refusal> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof RefusedError) return error.refusal;
		throw error;
	}
}

async function head(own: Own, branch: string, lockWaitMs: number) {
	const { operator } = own;
	const operation = await operationOf(operator);
	if (operation !== null) return busyWith(operation);
	// One that belongs to a plan is held until that is carried out.
	if ((await pendingPlans(own.layout)).length === 0) await followingLock(operator).clear();
	await settleIntents(own);
	const locked = await waitForLocks([indexLock(operator), ...branchLocks(operator, branch)], lockWaitMs);
	if (locked !== null) return locked;
	const commit = await resolve(own, `refs/heads/${branch}`);
	return isRefusal(commit) ? whyNoBranch(own, branch) : { branch, commit };
}

/** What stands on the branch already is no fault of the proposal. */
async function submoduleRefusal(own: Own, commit: string, branch: string): Promise<Refusal | null> {
	const found = submodulesOf(await parseTree((await own.git.run(listTreeArgs(commit))).stdout));
	// Devices and pipes are listed as submodules too; what they are is said where each path is checked.
	if (found.length === 0 || (await oddMode(own.git, commit)) !== null) return null;
	const listing = await askOperator(own.operator.gitDir, own.layout)
		.raw(listTreeArgs(`refs/heads/${branch}`))
		.catch(() => "");
	const known = new Set(submodulesOf(await parseTree(Buffer.from(listing))));
	const added = found.filter((path) => !known.has(path));
	return added.length > 0 ? submodulesRefused("The proposal", added) : submodulesRefused(`The branch ${branch}`, found);
}

interface Change {
	readonly tree: string;
	readonly live: string;
}

/** As above: what the live version has already is its own. */
async function filterRefusal(own: Own, commands: Commands, { tree, live }: Change): Promise<Refusal | null> {
	const found = await filtersOfTree(own, commands, tree);
	if (found.length === 0) return null;
	const known = new Set((await filtersOfTree(own, commands, live)).map(({ path }) => path));
	const added = found.filter(({ path }) => !known.has(path));
	return added.length > 0 ? filtersRefused("The proposal", added) : filtersRefused("The live version", found);
}

function commitOf(standing: { readonly commit: string } | Refusal): string | Refusal {
	return isRefusal(standing) ? standing : standing.commit;
}

async function whyNoBranch({ operator, layout }: Own, branch: string): Promise<Refusal> {
	const ask = () => askOperator(operator.gitDir, layout);
	const branches = (await ask().raw(["for-each-ref", "--count=1", "refs/heads"])).trim();
	const checkedOut = (await ask().raw(["symbolic-ref", "--quiet", "HEAD"])).trim();
	if (checkedOut === "") return refuse("git_detached", { branch });
	return branches === "" ? refuse("git_unborn") : refuse("branch_unknown", { branch });
}

async function resolve(own: Own, revision: string): Promise<string | Refusal> {
	const { operator, layout } = own;
	const unknown = refuse("revision_unknown", { revision: JSON.stringify(revision) });
	if (revision === "" || /[\0\n]/.test(revision)) return unknown;
	const args = revisionArgs(`${revision}^{commit}`);
	const text = await askOperator(operator.gitDir, layout)
		.raw(args)
		.catch(() => "");
	const hash = text.trim();
	if (isCommitHash(hash)) return hash;
	return (await hasArrived(own, revision)) ? revision : unknown;
}
