// The overlay: a commit in the own repository with an agent's private content at its template paths, on top of the host's. What must not be reviewed is left out, and said.
import { join } from "node:path";
import { limits } from "../../../core/limits.js";
import { type Refusal, RefusedError, refuse } from "../../../core/refusals.js";
import { isAncestorArgs, revisionArgs, updateRefArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { overlayRef } from "../repository/layout.js";
import { type Blob, blobsOf, commitTree, editTree, inQuarantine } from "../trees/tree-edit.js";
import type { PrivateContext } from "./private-context.js";
import { storeEntries } from "./private-objects.js";
import { type Place, placesOf } from "./private-places.js";
import { currentVersion, versionFolder } from "./private-versions.js";
import { type Walked, walkFolder } from "./private-walk.js";

export interface OverlayRequest {
	readonly head: string;
	readonly earlier: string | null;
}

/** How often files may change while they are read. */
const TRIES = 3;

export async function makeOverlay(context: PrivateContext, request: OverlayRequest): Promise<string | Refusal> {
	const { own, files, name } = context;
	for (let tries = 1; ; tries += 1) {
		try {
			const commit = await inQuarantine(own, files, (git) => overlayIn(context, git, request));
			await own.git.run(updateRefArgs(overlayRef(name, commit), commit));
			return commit;
		} catch (error) {
			if (error instanceof RefusedError) return error.refusal;
			if (tries === TRIES) throw error;
		}
	}
}

async function overlayIn(context: PrivateContext, git: Git, { head, earlier }: OverlayRequest): Promise<string> {
	const tree = await overlaidTree(context, git, head);
	const known = earlier !== null && (await holds(git, earlier)) ? earlier : null;
	const behind = known !== null && (await isAncestor(git, head, known));
	if (behind && (await git.text(revisionArgs(`${known}^{tree}`))) === tree) return known;
	const parents = known === null ? [head] : behind ? [known] : [known, head];
	return commitTree(git, { tree, parents, message: `Private copies of ${context.name}\n`, datedLike: head });
}

async function holds(git: Git, commit: string): Promise<boolean> {
	return (await git.run(revisionArgs(`${commit}^{commit}`), { accept: [0, 1, 128] })).code === 0;
}

async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
	return (await git.run(isAncestorArgs(ancestor, descendant), { accept: [0, 1] })).code === 0;
}

/** What the templates hold at `head` gives way to the private content as a whole. */
async function overlaidTree(context: PrivateContext, git: Git, head: string): Promise<string> {
	const { own, layout, name } = context;
	const live = await currentVersion(layout);
	if (live === null) {
		const why = `the private folders of ${name} were not taken over yet`;
		throw new RefusedError(refuse("baseline_unproven", { why }));
	}
	const places = await placesOf(context);
	const add = new Map<string, Blob>();
	for (const place of places) {
		const folder = join(versionFolder(layout, live), String(place.slot));
		const walked = await walkPlace(context, place, folder);
		const { blobs, unread } = await storeEntries({ git, scratch: own.layout.scratch }, folder, walked.entries);
		for (const [path, blob] of blobs) add.set(`${place.template}/${path}`, blob);
		tellSkipped(context, place, [...walked.skipped, ...unread.map((path) => ({ path, reason: "it cannot be read" }))]);
	}
	const theirs = await blobsOf(
		git,
		head,
		places.map(({ template }) => template),
	);
	return editTree(own, git, { tree: head, remove: theirs.keys(), add });
}

async function walkPlace(context: PrivateContext, place: Place, folder: string): Promise<Walked> {
	const { template, except } = place;
	const walked = await walkFolder({ folder, template, except, limitBytes: limits.privateBytes });
	const tooMany = walked.entries.length > limits.files ? `it holds more than ${limits.files} files` : null;
	const tooLarge = walked.bytes > limits.privateBytes ? `its files have more than ${limits.privateBytes} bytes` : null;
	const reason = tooLarge ?? tooMany;
	if (reason === null) return walked;
	const path = JSON.stringify(place.folder);
	throw new RefusedError(refuse("private_unfit", { path, target: context.name, reason }));
}

const TOLD_PATHS = 10;

function tellSkipped({ log, name }: PrivateContext, { folder }: Place, skipped: Walked["skipped"]): void {
	if (skipped.length === 0) return;
	log.info("private.left_out", { target: name, folder, count: skipped.length, paths: skipped.slice(0, TOLD_PATHS) });
}
