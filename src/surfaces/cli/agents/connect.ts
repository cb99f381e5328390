// `deadman init --agent`: plans what an agent's client needs to know of deadman, shows it, and writes it once it is agreed to. `--remove`
// takes it out again the same way.
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { folderName } from "../../../state/pointer.js";
import { locate } from "../../location.js";
import { accepted } from "../session/failure.js";
import type { Common, Terminal } from "../session/session.js";
import { type First, firstConfiguration, writeFirst } from "../setup/first-configuration.js";
import { repositoryOf } from "../setup/git-folder.js";
import { type AgentName, clients } from "./clients/index.js";
import type { Insertion } from "./insertion.js";
import { type Plan, planConnection, planRemoval } from "./plan.js";
import { type PlanView, renderDone, renderPlan, viewOf } from "./plan-text.js";
import { type Memory, memoryPathOf, readMemory, textOfMemory } from "./record.js";
import { removeEmpty, writeAll } from "./write-all.js";

export interface ConnectOptions extends Common {
	readonly agent: AgentName;
	readonly run: string | null;
	readonly db: readonly string[];
	readonly hooks: boolean;
	readonly remove: boolean;
	readonly yes: boolean;
}

interface Footing {
	readonly root: string;
	readonly stateDir: string | null;
	/** There is a configuration, and no state yet. */
	readonly unbegun: boolean;
	/** The configuration that is written first, where there is none and --run says how. */
	readonly first: First | null;
}

export async function connect(terminal: Terminal, options: ConnectOptions): Promise<void> {
	const { output } = terminal;
	const footing = accepted(await footingOf(terminal, options));
	const plan = accepted(await planFor(footing, options));
	const view = viewOf(plan, { ...footing, options });
	const isEmpty = plan.changes.every(({ kind }) => kind === "unchanged") && footing.first === null;
	const written = isEmpty ? false : await isAgreed(terminal, options, view);
	if (written || isEmpty) await carryOut(terminal, { footing, plan, options });
	output.result({ ...view, written }, () => renderDone(view, { written, isEmpty, shown: isShown(terminal, options) }));
}

const isShown = ({ prompt }: Terminal, { yes }: ConnectOptions) => prompt !== null && !yes;

/** Asked on a terminal; elsewhere it is --yes or nothing. */
async function isAgreed({ output, prompt }: Terminal, { yes }: ConnectOptions, view: PlanView): Promise<boolean> {
	if (yes || prompt === null) return yes;
	output.show(renderPlan(view));
	const answer = await prompt.ask(view.removes ? "Take this out? [y/N] " : "Write this? [y/N] ");
	return /^y(es)?$/i.test(answer ?? "");
}

async function footingOf(terminal: Terminal, options: ConnectOptions): Promise<Footing | Refusal> {
	const { dir = null, run, db, remove } = options;
	const start = resolve(process.cwd(), dir ?? ".");
	const location = await locate({ cwd: process.cwd(), dir });
	if (!isRefusal(location)) {
		if (run !== null) return refuse("config_exists", { path: location.configPath });
		const { stateDir, stateBy } = location;
		return { root: await realpath(location.root), stateDir, unbegun: stateBy === "first", first: null };
	}
	if (location.code !== "config_missing" || (run === null && !remove)) return location;
	const repository = await repositoryOf(start);
	if (isRefusal(repository)) return repository;
	const root = await realpath(repository.root);
	if (remove) return { root, stateDir: null, unbegun: false, first: null };
	const first = await firstConfiguration(terminal, repository, { run, db });
	return isRefusal(first) ? first : { root, stateDir: null, unbegun: false, first };
}

async function planFor({ root, stateDir }: Footing, { agent, hooks, remove }: ConnectOptions): Promise<Plan | Refusal> {
	const client = clients[agent];
	const closed = [join(root, ".git"), join(root, folderName), ...(stateDir === null ? [] : [stateDir])];
	const extra: readonly Insertion[] = (hooks || remove) && client.hooks !== null ? client.hooks({ root }) : [];
	const insertions = [...client.insertions({ root }), ...extra];
	const wanted = { agent, ground: { root, closed }, insertions, memory: await readMemory(stateDir) };
	return remove ? planRemoval(wanted) : planConnection(wanted);
}

interface Agreed {
	readonly footing: Footing;
	readonly plan: Plan;
	readonly options: ConnectOptions;
}

async function carryOut(terminal: Terminal, { footing, plan, options: { remove } }: Agreed): Promise<void> {
	const { root, first } = footing;
	if (footing.unbegun && !remove) accepted(await (await terminal.load()).begin({ root }));
	const stateDir = first === null ? footing.stateDir : await writeFirst(terminal, first);
	const made = accepted(await writeAll(root, plan.changes));
	const { files, folders } = plan.memory;
	const known = [...new Set([...folders, ...made])];
	const left = remove ? await removeEmpty(root, known) : known;
	if (stateDir !== null) await remember(stateDir, { files, folders: left });
}

async function remember(stateDir: string, memory: Memory): Promise<void> {
	const path = memoryPathOf(stateDir);
	if (Object.keys(memory.files).length === 0) return rm(path, { force: true });
	await mkdir(stateDir, { recursive: true, mode: 0o700 });
	await writeFile(`${path}.deadman-tmp`, textOfMemory(memory), { mode: 0o600 });
	await rename(`${path}.deadman-tmp`, path);
}
