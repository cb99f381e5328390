// Lists what of a private folder can be reviewed: regular files and links that stay inside. Says what it left out and why; opens nothing.

import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import { modeOf } from "../releases/private-content.js";
import { inParts, type TreeEntry } from "../repository/listing.js";
import { createPathRule, isGitForm, type Problem } from "../trees/path-rules.js";

export interface Walked {
	/** Ordered by path, relative to the folder. */
	readonly entries: readonly WalkedEntry[];
	readonly skipped: readonly Problem[];
	readonly bytes: number;
}

export interface WalkedEntry extends TreeEntry {
	readonly path: string;
	/** Of a link. */
	readonly target: Buffer | null;
}

export interface WalkRequest {
	readonly folder: string;
	/** Where it lies in the repository's tree. */
	readonly template: string;
	/** Folders in it that belong to another place. */
	readonly except: readonly string[];
	readonly limitBytes: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Ends early when there is more than the limits allow. */
export async function walkFolder(request: WalkRequest): Promise<Walked> {
	const found: WalkedEntry[] = [];
	const skipped: Problem[] = [];
	let bytes = 0;
	const todo = [""];
	for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
		for (const name of await namesIn(join(request.folder, at))) {
			const path = at === "" ? name.text : `${at}/${name.text}`;
			if (request.except.includes(path)) continue;
			const looked = name.reason ?? (await lookAt(request, path));
			if (looked === "folder") todo.push(path);
			else if (typeof looked === "string") skipped.push({ path, reason: looked });
			else if (looked !== null) {
				found.push(looked);
				bytes += looked.bytes;
			}
		}
		if (bytes > request.limitBytes || found.length > limits.files) break;
	}
	return { ...(await fitting(found, skipped)), bytes };
}

async function namesIn(folder: string): Promise<{ text: string; reason: string | null }[]> {
	return (await readdir(folder, { encoding: "buffer" }).catch(ifAbsent([]))).map(nameOf);
}

function nameOf(name: Buffer): { text: string; reason: string | null } {
	try {
		const text = utf8.decode(name);
		if (isGitForm(text)) return { text, reason: "it is a git folder" };
		return { text, reason: /^\.env/i.test(text) ? "it may hold secrets" : null };
	} catch {
		return { text: name.toString("latin1"), reason: "its name is not UTF-8" };
	}
}

/** Null: it is gone already. A text: why it is left out. */
async function lookAt({ folder, template }: WalkRequest, path: string): Promise<WalkedEntry | string | null> {
	const full = join(folder, path);
	const found = await lstat(full).catch(() => null);
	if (found === null) return null;
	if (found.isDirectory()) return "folder";
	if (Buffer.byteLength(`${template}/${path}`) > limits.pathBytes) return "its path is too long";
	if (found.isSymbolicLink()) {
		if (/^\.gitmodules$/i.test(path.slice(path.lastIndexOf("/") + 1))) return "git would follow it";
		const target = await readlink(full, { encoding: "buffer" }).catch(() => null);
		return target && { mode: "120000", oid: "", bytes: target.length, path, shown: path, target };
	}
	if (!found.isFile()) return "it is no file, folder or link";
	return { mode: modeOf(found.mode), oid: "", bytes: found.size, path, shown: path, target: null };
}

/** The rules of a release, with the folder as all there is: a link may not leave it. */
async function fitting(all: WalkedEntry[], before: readonly Problem[]): Promise<Omit<Walked, "bytes">> {
	all.sort((a, b) => (a.path < b.path ? -1 : 1));
	const links = new Map(all.flatMap(({ path, target }) => (target === null ? [] : [[path, target.toString()]])));
	const rule = createPathRule({ links, shared: [], reserved: [] });
	const entries: WalkedEntry[] = [];
	const skipped = [...before];
	await inParts(all, (entry) => {
		const problem = rule(entry);
		if (problem === null) entries.push(entry);
		else skipped.push(problem);
	});
	return { entries, skipped };
}
