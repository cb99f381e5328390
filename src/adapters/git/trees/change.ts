// What changed between two trees, file by file, as people can read it: the diff of everything that is not too large for one, made as if it
// were text, and of each file what it was and becomes. Nothing is read from a working tree.
import { setImmediate as nextTurn } from "node:timers/promises";
import { limits } from "../../../core/limits.js";
import { type Read, readSection, type Section } from "../../../core/rules/readable.js";
import type { Content } from "../../../core/swap.js";
import type { DiffPart } from "../../../ports/ports.js";
import { changedFilesArgs, diffArgs, objectSizesArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { inParts, parseRaw, type RawChange } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";
import { editTree } from "./tree-edit.js";

/** A file as both trees have it. */
interface Sized extends RawChange {
	readonly before: Content | null;
	readonly after: Content | null;
}

/** In git's order; those that are too large for a diff come last. */
export async function changeOf(own: Own, from: string, to: string): Promise<readonly DiffPart[]> {
	const all = await sizedChanges(own.git, from, to);
	const large = tooLarge(all);
	if (large.length === 0) return partsOf(own.git, all, { from, to });
	const [less, more] = [await without(own, from, large), await without(own, to, large)];
	const rest =
		less === more ? [] : await partsOf(own.git, await sizedChanges(own.git, less, more), { from: less, to: more });
	return [...rest, ...(await readAll(large.map((change) => sectionOf(change, null))))];
}

async function sizedChanges(git: Git, from: string, to: string): Promise<readonly Sized[]> {
	const changes = await parseRaw((await git.run(changedFilesArgs(from, to))).stdout);
	const oids = [...new Set(changes.flatMap(({ oids: { before, after } }) => [before, after]))].filter(isThere);
	if (oids.length === 0) return [];
	const { stdout } = await git.run(objectSizesArgs(), { input: oids.map((oid) => `${oid}\n`).join("") });
	const sizes = new Map<string, number>();
	await inParts(stdout.toString("latin1").split("\n"), (line) => {
		const [oid = "", , bytes = "0"] = line.split(" ");
		sizes.set(oid, Number(bytes) || 0);
	});
	const content = (oid: string): Content | null => (isThere(oid) ? { bytes: sizes.get(oid) ?? 0, hash: oid } : null);
	return changes.map((change) => ({
		...change,
		before: content(change.oids.before),
		after: content(change.oids.after),
	}));
}

function isThere(oid: string): boolean {
	return !/^0+$/.test(oid);
}

/** Each by itself, and from where on all of them together would be too much. */
function tooLarge(changes: readonly Sized[]): readonly Sized[] {
	let sum = 0;
	return changes.filter(({ before, after, oids }) => {
		const bytes = oids.before === oids.after ? 0 : (before?.bytes ?? 0) + (after?.bytes ?? 0);
		if (bytes > limits.comparedBytes || sum + bytes > limits.comparedTotalBytes) return true;
		sum += bytes;
		return false;
	});
}

function without(own: Own, tree: string, files: readonly Sized[]): Promise<string> {
	const remove = files.flatMap(({ path, from }) => (from === null ? [path] : [path, from]));
	return editTree(own, own.git, { tree, remove, add: new Map() });
}

async function partsOf(git: Git, changes: readonly Sized[], trees: { readonly from: string; readonly to: string }) {
	const { stdout } = await git.run(diffArgs(trees.from, trees.to));
	const patches = await sectionsIn(stdout);
	let next = 0;
	const sections = changes.map((change) => {
		// One kind of file in the place of another is a removal and an addition.
		const patch = patches.slice(next, next + (change.status === "T" ? 2 : 1));
		next += patch.length;
		return sectionOf(change, Buffer.concat(patch));
	});
	if (next !== patches.length) throw new Error(`A diff has ${patches.length} files where ${next} changed.`);
	return readAll(sections);
}

const start = Buffer.from("\ndiff --git ");

/** No line of a file's content begins like this: each has its sign. */
async function sectionsIn(diff: Buffer): Promise<readonly Buffer[]> {
	const sections: Buffer[] = [];
	await inParts(startsIn(diff), ([from, to]) => void sections.push(diff.subarray(from, to)));
	return sections;
}

function* startsIn(diff: Buffer): Generator<readonly [number, number]> {
	for (let from = 0; from < diff.length; ) {
		const found = diff.indexOf(start, from);
		const to = found < 0 ? diff.length : found + 1;
		yield [from, to];
		from = to;
	}
}

function sectionOf({ path, from, modes, before, after }: Sized, patch: Buffer | null): Section {
	return { path, from, modes, before, after, patch };
}

const SLICE_MS = 4;

async function readAll(sections: readonly Section[]): Promise<readonly DiffPart[]> {
	const parts: DiffPart[] = [];
	let sliceEnd = performance.now() + SLICE_MS;
	for (const section of sections) {
		const reading = readSection(section);
		let step = reading.next();
		while (step.done !== true || performance.now() > sliceEnd) {
			if (performance.now() > sliceEnd) {
				await nextTurn();
				sliceEnd = performance.now() + SLICE_MS;
			}
			if (step.done !== true) step = reading.next();
		}
		const { patch: _, ...sides } = section;
		parts.push({ sides, read: step.value as Read });
	}
	return parts;
}
