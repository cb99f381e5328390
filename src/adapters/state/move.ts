// Moves a state to another folder: copied, compared, put right and synced there, and only then named by the pointer. A kill at any point leaves one whole
// state that the pointer names, and running it again finishes. The caller holds the locks.
import { lstat, readdir } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Commands, Files } from "../../ports/ports.js";
import { movingPath } from "../../state/home.js";
import { type Identity, identityPath, readIdentity, textOfIdentity, unreadable } from "../../state/identity.js";
import { folderName } from "../../state/pointer.js";
import { makeHome, point } from "./begin.js";
import { firstDifference } from "./compare.js";
import { finishMove, momentary, readMoving, textOfMoving } from "./finish.js";
import { rebaseState } from "./rebase.js";
import { sizeOf } from "./size.js";

export interface StateMove {
	readonly root: string;
	readonly from: string;
	readonly to: string;
	readonly identity: Identity;
	/** The configuration, as text: names in `.deadman` that it mentions are the operator's. */
	readonly configuration: string;
	readonly commands: Commands;
	readonly files: Files;
}

const longestPath = 107 - "/program.sock".length;

/** Whether the state may go there; looks only. */
export async function unfitTarget({ root, from, to, identity, files }: StateMove): Promise<Refusal | null> {
	const unfit = (why: string) => refuse("state_place_unfit", { path: to, why });
	if (to.startsWith("~")) return unfit("`~` was not expanded by a shell");
	if (!isAbsolute(to) || resolve(to) !== to) return unfit("it is no absolute path");
	if (Buffer.byteLength(to) > longestPath) return refuse("path_too_long", { path: to, limit: longestPath });
	const found = await lstat(to).catch(ifAbsent(null));
	if (found?.isSymbolicLink()) return unfit("it is a link");
	if (found !== null && !found.isDirectory()) return unfit("it is no folder");
	const isInside = (folder: string, path: string) => path.startsWith(`${folder}/`);
	if (isInside(join(root, ".git"), to)) return unfit("it lies in git's folder");
	if (isInside(from, to) || isInside(to, from) || to === root) return unfit("one of the two would lie in the other");
	const known = await readIdentity(to);
	// An identity of this repository alone was begun there, and never used.
	const isBegun = known !== null && known !== unreadable && known.repository.root === identity.repository.root;
	const all = found === null ? [] : await readdir(to);
	const names = isBegun ? all.filter((name) => name !== "identity.json") : all;
	const moving = await readMoving(to);
	const isOurs = moving !== null && moving.id === identity.id && moving.from === from;
	if (names.length > 0 && !isOurs) return unfit("it is not empty");
	const [needed, free] = [(await sizeOf(from)).bytes, await files.freeBytes(to)];
	if (free > needed * 1.05) return null;
	const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
	return refuse("no_space", { path: to, needed: mebibytes(needed), free: mebibytes(free), discarded: "" });
}

export async function moveState(move: StateMove): Promise<Refusal | null> {
	const { root, from, to, identity, commands, files } = move;
	const refusal = (await unfitTarget(move)) ?? (await makeHome(to));
	if (refusal !== null) return refusal;
	for (const name of await readdir(to)) if (name !== "moving.json") await files.remove(join(to, name));
	const entries = await entriesOf(move);
	await files.writeAtomic(
		movingPath(to),
		textOfMoving({ root: identity.repository.root, id: identity.id, from, entries }),
		0o600,
	);
	await copy(commands, { from, to, entries });
	for (const name of entries) {
		const different = await firstDifference(join(from, name), join(to, name));
		if (different !== null) throw new Error(`${join(to, name)} is not what was copied, at ${different}.`);
	}
	await rebaseState({ stateDir: to, shifts: [{ from, to }], files });
	await files.syncTree(to);
	const { id, repository } = identity;
	const { workspaces } = identity;
	await files.writeAtomic(identityPath(to), textOfIdentity({ id, repository, stateDir: to, workspaces }), 0o600);
	await files.syncFolder(dirname(to));
	const unnamed = await point({ root, stateDir: to, files }, id, true);
	if (unnamed !== null) return unnamed;
	await finishMove({ root, stateDir: to, files });
	return null;
}

/** Of the repository's own folder, all but what stays there: the configuration, the pointer, workspaces, and what the operator keeps beside them. */
async function entriesOf({ root, from, configuration }: StateMove): Promise<string[]> {
	const names = (await readdir(from)).filter((name) => name !== "identity.json" && !momentary.test(name));
	const others = names.filter((name) => !/^workspaces(-old)?$/.test(name));
	if (from !== join(root, folderName)) return others;
	return others.filter((name) => !stays.test(name) && !configuration.includes(`${folderName}/${name}`));
}

const stays = /^(config\..*|state|.*\.(secret|pem|env|log|md)|\.env.*)$/;

interface Copying {
	readonly from: string;
	readonly to: string;
	readonly entries: readonly string[];
}

/** By `cp`, in one run: it shares blocks where the file system can, and keeps what is one file under several names. */
async function copy(commands: Commands, { from, to, entries }: Copying): Promise<void> {
	if (entries.length === 0) return;
	const sources = entries.map((name) => join(from, name));
	await commands.run({
		command: ["cp", "--archive", "--reflink=auto", `--target-directory=${to}`, "--", ...sources],
		cwd: "/",
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.timerMs,
		maxOutputBytes: limits.commandOutputBytes,
	});
}
