// Before a git of ours changes refs or worktrees of the operator's repository, our state folder says what it may leave there when it is killed: which locks,
// and which registration. So a leftover is known for ours, now or in a later life, and nobody else's is ever removed.
import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import { mayBeHeld } from "./git-holders.js";
import { syncFolder } from "./index-lock.js";
import { isWhole } from "./leftovers.js";
import type { Operator } from "./operator.js";
import type { Own } from "./own-repository.js";

const schema = z.object({
	schemaVersion: z.literal(1),
	/** Paths. */
	locks: z.array(z.string()),
	/** A lock that says nothing yet, or one of these, may be ours. */
	commits: z.array(z.string()),
	/** A worktree that is added: whatever is registered besides `known` and is half-made in our way. */
	adding: z.object({ reason: z.string(), known: z.array(z.string()) }).optional(),
});

export type Intent = Omit<z.output<typeof schema>, "schemaVersion">;
type Place = Pick<Own, "layout" | "operator">;

/** Those that this process is about to keep or to give up. */
const active = new Set<string>();

/** Where `work` fails, the git in it has ended. A lock that stands before it is somebody else's. */
export async function withIntent<T>(own: Place, wanted: Intent, work: () => Promise<T>): Promise<T> {
	const locks: string[] = [];
	for (const lock of wanted.locks) if ((await lstat(lock).catch(ifAbsent(null))) === null) locks.push(lock);
	const intent = { ...wanted, locks };
	const file = join(own.layout.intents, `${randomBytes(8).toString("hex")}.json`);
	active.add(file);
	try {
		await put(own, file, intent);
		const result = await work();
		await rm(file, { force: true }).catch(() => {});
		return result;
	} catch (error) {
		await settle(own, file, intent).catch(() => {});
		throw error;
	} finally {
		active.delete(file);
	}
}

/** What earlier lives left, and what could not be told from somebody else's before. */
export async function settleIntents(own: Place): Promise<void> {
	for (const name of await readdir(own.layout.intents).catch(ifAbsent([]))) {
		const file = join(own.layout.intents, name);
		if (active.has(file)) continue;
		const intent = await read(file);
		await (intent === null ? rm(file, { force: true }) : settle(own, file, intent));
	}
}

/** Without room for it the move goes on: only a lock that a kill leaves would stay for the operator. */
async function put({ layout }: Place, path: string, intent: Intent): Promise<void> {
	try {
		await mkdir(layout.intents, { recursive: true, mode: 0o700 });
		const file = await open(path, "wx", 0o600);
		try {
			await file.writeFile(JSON.stringify(schema.parse({ schemaVersion: 1, ...intent })));
			await file.sync();
		} finally {
			await file.close();
		}
		await syncFolder(layout.intents);
	} catch {
		await rm(path, { force: true }).catch(() => {});
	}
}

/** Null where it is torn: then what it was for had not begun. */
async function read(file: string): Promise<Intent | null> {
	const text = await readFile(file, "utf8");
	try {
		return schema.parse(JSON.parse(text));
	} catch {
		return null;
	}
}

/** It stays as long as somebody who lives may be at work with what could be ours. */
async function settle({ operator }: Place, file: string, intent: Intent): Promise<void> {
	let open = false;
	for (const path of await leftoversOf(operator, intent)) {
		if (await mayBeHeld(path, operator.commonDir)) open = true;
		else await rm(path, { recursive: true, force: true });
	}
	if (!open) await rm(file, { force: true });
}

async function leftoversOf({ commonDir }: Operator, { locks, commits, adding }: Intent): Promise<string[]> {
	const found: string[] = [];
	for (const lock of locks) if (await couldBeOurs(lock, commits)) found.push(lock);
	if (adding === undefined) return found;
	const folder = join(commonDir, "worktrees");
	for (const name of await registeredNames(commonDir)) {
		const admin = join(folder, name);
		if (!adding.known.includes(name) && (await isHalfMade(admin, adding.reason))) found.push(admin);
	}
	return found;
}

/** Of linked worktrees, as git names their folders. */
export function registeredNames(commonDir: string): Promise<string[]> {
	return readdir(join(commonDir, "worktrees")).catch(ifAbsent([]));
}

/** git writes the reason of the lock first of all. A whole one is told by where it belongs to, and is no business of this file. */
async function isHalfMade(admin: string, reason: string): Promise<boolean> {
	if (await isWhole(admin)) return false;
	const said = await readFile(join(admin, "locked"), "utf8").catch(ifAbsent(""));
	return reason.startsWith(said.trim());
}

const MAX_BYTES = 256;

async function couldBeOurs(lock: string, commits: readonly string[]): Promise<boolean> {
	const found = await lstat(lock).catch(ifAbsent(null));
	if (found === null || !found.isFile() || found.size > MAX_BYTES) return false;
	const said = (await readFile(lock, "utf8").catch(ifAbsent(null)))?.trim();
	return said === "" || (said !== undefined && commits.includes(said));
}
