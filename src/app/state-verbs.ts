// `deadman state` and the part of `deadman init` that makes one: everything about a state that is done while no supervisor runs on it.
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pendingPlans } from "../adapters/git/checkout/follow-plan.js";
import { layoutOf } from "../adapters/git/repository/layout.js";
import { repositoryFolder } from "../adapters/git/repository/repository-folder.js";
import { createLock } from "../adapters/journal/lock.js";
import { readJournal } from "../adapters/journal/read-journal.js";
import { createCommands } from "../adapters/process/confine/commands.js";
import { beginIdentity, makeHome, point } from "../adapters/state/begin.js";
import { finishMove, readMoving } from "../adapters/state/finish.js";
import { adoptState } from "../adapters/state/keep.js";
import { moveState } from "../adapters/state/move.js";
import { fileSystemOf, sizeOf } from "../adapters/state/size.js";
import { createFiles } from "../adapters/system/files.js";
import { limits } from "../core/limits.js";
import { isInFlight, phases } from "../core/machine/phases.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Log } from "../ports/ports.js";
import { homeFor } from "../state/home.js";
import { readIdentity, unreadable } from "../state/identity.js";
import { copyRefusal, holdsHistory, holdsState, placeOf, standingOf, workspacesOf } from "../state/place.js";
import { folderName, readPointer } from "../state/pointer.js";
import { type Early, earlyPorts, journalFile, type Place } from "./ports.js";
import { readyState } from "./state.js";
import { workspaceFolderOf } from "./workspace-folder.js";

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** For `deadman init`. */
export async function begin({ root }: { readonly root: string }): Promise<string | Refusal> {
	const place = await placeOf({ root, configured: undefined });
	if (isRefusal(place)) return place;
	const { stateDir, by } = place;
	// What needs no setting is begun here; a start finds it.
	const unready = await readyState({ root, stateDir, stateBy: by, settings: undefined as never });
	return unready ?? stateDir;
}

interface Moves {
	readonly configuration: Place & { readonly configPath: string };
	readonly to: string | null;
}

export const states = { report, move, renew, adopt };

async function report(place: Place) {
	const { root, stateDir, stateBy = "configuration" } = place;
	const [size, state, repository] = await Promise.all([sizeOf(stateDir), fileSystemOf(stateDir), fileSystemOf(root)]);
	const identity = await readIdentity(stateDir);
	return {
		path: stateDir,
		by: stateBy,
		id: identity === null || identity === unreadable ? null : identity.id,
		bytes: size.bytes,
		parts: size.parts,
		fileSystem: state.type,
		together: state.device === repository.device,
		workspaces: await workspaceFolderOf(place),
	};
}

async function move({ configuration, to }: Moves) {
	const { root, settings } = configuration;
	const way = await wayOf({ configuration, to });
	if (isRefusal(way)) return way;
	const moving = { ...way, root, configuration };
	const unready = await readyState({ ...configuration, stateDir: way.from, stateBy: "pointer" });
	if (unready !== null) return unready;
	const ports = await earlyPorts({ root, stateDir: way.from, settings }, { log: quiet, deliveries: [] });
	const locked = await ports.lock.acquire();
	if (locked !== null) return locked;
	try {
		const refusal = (await whyHeld(ports, way.from)) ?? (await carryOut(moving));
		if (refusal !== null) return refusal;
	} finally {
		await ports.lock.release();
	}
	const left = way.from === join(root, folderName) ? [] : await readdir(way.from).catch(() => []);
	return { ...way, left };
}

interface Way {
	readonly from: string;
	readonly to: string;
}

/** From where the pointer says to where the configuration, the operator, or a first start would have it. */
async function wayOf({ configuration, to }: Moves): Promise<Way | Refusal> {
	const { root, stateDir, settings } = configuration;
	const configured = settings.stateDir === undefined ? null : resolve(root, settings.stateDir);
	if (configured !== null && to !== null && to !== configured) return refuse("state_configured", { path: configured });
	const pointer = await readPointer(root);
	const pointed = pointer === null || isRefusal(pointer) ? stateDir : pointer.stateDir;
	const from = (await holdsState(pointed)) ? pointed : stateDir;
	const wanted = to ?? configured ?? (await homeFor(root));
	if (isRefusal(wanted)) return wanted;
	return { from, to: wanted };
}

async function carryOut({
	root,
	from,
	to,
	configuration,
}: Way & { root: string; configuration: Moves["configuration"] }) {
	const files = createFiles();
	if (from === to) {
		if ((await readMoving(to)) === null) return refuse("state_place_unfit", { path: to, why: "it lies there already" });
		await finishMove({ root, stateDir: to, files });
		return null;
	}
	const identity = await beginIdentity({ root, stateDir: from, files });
	if (identity === unreadable) return refuse("identity_mismatch", { path: from, root });
	await finishMove({ root, stateDir: from, files });
	const commands = createCommands({ scrub: (text) => text });
	const text = await readFile(configuration.configPath, "utf8").catch(() => "");
	return moveState({ root, from, to, identity, configuration: text, commands, files });
}

/** What goes on with this state, or would not find it again. */
async function whyHeld(ports: Early, stateDir: string): Promise<Refusal | null> {
	const held = (why: string) => refuse("state_held", { path: stateDir, why });
	for (const { releases, programs } of [ports, ...ports.agents]) {
		const trial = (await releases.readLive())?.trial ?? null;
		if (trial !== null) return refuse("swap_in_flight", { id: trial.swapId, status: "awaiting_confirmation" });
		const [run] = await programs.running();
		if (run !== undefined)
			return held(`its program still runs (process ${run.pid}): stop it, or start and stop the supervisor`);
	}
	if ((await pendingPlans(layoutOf(stateDir))).length > 0) {
		return held("a confirmed change is still on its way to the checkout; `deadman status` says what holds it up");
	}
	return inFlight(stateDir);
}

async function inFlight(stateDir: string): Promise<Refusal | null> {
	if (!(await holdsHistory(stateDir))) return null;
	const journal = readJournal({ file: journalFile(stateDir) });
	if (isRefusal(journal)) return journal;
	try {
		const busy = journal.swaps(limits.listed).find(({ status }) => isInFlight(status) || phases[status].liveTouched);
		return busy === undefined ? null : refuse("swap_in_flight", { id: busy.id, status: busy.status });
	} finally {
		journal.close();
	}
}

interface Whose {
	readonly root: string;
	readonly configured: unknown;
}

async function renew({ root, configured }: Whose): Promise<string | Refusal> {
	const place = await placeOf({ root, configured });
	if (!isRefusal(place)) {
		const { stateDir, by } = place;
		const copied = await copyRefusal(root, stateDir);
		if (by === "configuration" && (copied !== null || (await holdsState(stateDir)))) {
			return refuse("state_configured", { path: stateDir });
		}
		const { belongs } = await standingOf(root, stateDir);
		if (belongs === "strange") return refuse("identity_mismatch", { path: stateDir, root });
		if (copied === null && by !== "first") return refuse("state_present", { path: stateDir });
	}
	const home = await homeFor(root, undefined, true);
	if (isRefusal(home)) return home;
	const unmade = await makeHome(home);
	if (unmade !== null) return unmade;
	const ground = { root, stateDir: home, files: createFiles() };
	const identity = await beginIdentity(ground);
	if (identity === unreadable)
		return refuse("state_place_unfit", { path: home, why: "its identity cannot be written" });
	return (await point(ground, identity.id, true)) ?? home;
}

async function adopt({ root, configured, stateDir: named }: Whose & { readonly stateDir: string | null }) {
	const said = await placeOf({ root, configured });
	if (!isRefusal(said) && said.by === "configuration" && named !== null && named !== said.stateDir) {
		return refuse("state_configured", { path: said.stateDir });
	}
	if (named === null && isRefusal(said)) return said;
	const stateDir = named ?? (isRefusal(said) ? "" : said.stateDir);
	if (!(await holdsState(stateDir))) return refuse("state_missing", { path: stateDir, root });
	const lock = createLock({ file: join(stateDir, "lock") });
	const locked = await lock.acquire();
	if (locked !== null) return locked;
	try {
		await mkdir(join(root, folderName), { recursive: true, mode: 0o700 });
		const commonDir = await repositoryFolder(root).catch(() => null);
		const workspaces = await workspacesOf(root, stateDir);
		const refusal = await adoptState({ root, stateDir, commonDir, workspaces, files: createFiles(), log: quiet });
		return refusal ?? stateDir;
	} finally {
		await lock.release();
	}
}
