// `deadman hook`: what an agent's client runs before it uses a tool and when a session starts. Where anything is missing it lets the client
// go on and says so on stderr; it never takes longer than two seconds.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRefusal } from "../../../core/refusals.js";
import { type Location, locate } from "../../location.js";
import { operatorSocketOf } from "../../socket-path.js";
import { groundAround, realOf } from "../hooks/ground.js";
import { forbidsWrite } from "../hooks/live-tree.js";
import { forbidsScript } from "../hooks/service-control.js";
import { sessionText } from "../hooks/session-text.js";
import { readPayload } from "../hooks/stdin.js";
import { folderOf, toolUseOf } from "../hooks/tool-use.js";
import { createClient } from "../session/client.js";
import { actorOf, type Common, type Terminal } from "../session/session.js";
import { repositoryOf } from "../setup/git-folder.js";

/** For all that a hook waits for. */
const patienceMs = 2_000;

export async function preToolUse({ output }: Terminal, options: Common): Promise<void> {
	const signal = AbortSignal.timeout(patienceMs);
	const payload = await readPayload(process.stdin, signal);
	if (payload === undefined) return output.note("deadman: no hook input could be read, so nothing is checked.");
	const { cwd, script, writes } = toolUseOf(payload);
	let reason = script === null ? null : forbidsScript(script);
	if (reason === null && writes.length > 0) {
		const location = await locationFor({ cwd, dir: options.dir ?? null });
		if (location === null) output.note("deadman: there is no configuration here, so edits are not checked.");
		else reason = await forbidden(location, writes);
	}
	if (reason !== null) answer(output, "PreToolUse", { permissionDecision: "deny", permissionDecisionReason: reason });
}

async function forbidden(location: Location, writes: readonly string[]): Promise<string | null> {
	for (const path of writes) {
		const { stated, real } = await groundAround(location, path);
		const reason = forbidsWrite(path, stated) ?? forbidsWrite(await realOf(path), real);
		if (reason !== null) return reason;
	}
	return null;
}

interface Start extends Common {
	readonly builder?: string;
}

export async function sessionStart({ output }: Terminal, options: Start): Promise<void> {
	const signal = AbortSignal.timeout(patienceMs);
	const payload = await readPayload(process.stdin, signal);
	const cwd = folderOf(payload) ?? process.cwd();
	const location = await locationFor({ cwd, dir: options.dir ?? null });
	if (location === null) return output.note("deadman: there is no configuration here, so nothing is told.");
	const found = (await ofSupervisor(location, options, signal).catch(() => null)) ?? undefined;
	if (found === undefined) output.note(`deadman: no supervisor answers in ${location.stateDir}.`);
	const text = sessionText(found ?? (await ofWorkspace(cwd)));
	if (text !== null) answer(output, "SessionStart", { additionalContext: text });
}

/** Claude Code's form, which Codex shares. */
function answer({ result }: Terminal["output"], hookEventName: string, decision: object): void {
	const object = { hookSpecificOutput: { hookEventName, ...decision } };
	result(object, () => JSON.stringify(object));
}

/** A workspace whose state folder lies elsewhere finds the repository by its `.git` file; a client may name its project. */
async function locationFor(from: {
	readonly cwd: string | null;
	readonly dir: string | null;
}): Promise<Location | null> {
	const cwd = from.cwd ?? process.cwd();
	const here = await locate({ cwd, dir: from.dir });
	if (!isRefusal(here)) return here;
	const repository = await repositoryOf(cwd);
	const main = isRefusal(repository) ? undefined : /^(.*)\/\.git\/worktrees\/[^/]+$/.exec(repository.gitDir)?.[1];
	for (const dir of [main, process.env.CLAUDE_PROJECT_DIR]) {
		const there = dir === undefined || dir === "" ? here : await locate({ cwd, dir });
		if (!isRefusal(there)) return there;
	}
	return null;
}

async function ofSupervisor({ stateDir }: Location, { builder }: Start, signal: AbortSignal): Promise<unknown> {
	const environment = builder === undefined ? process.env : { DEADMAN_ACTOR: `builder:${builder}`, ...process.env };
	const actor = actorOf(environment, "builder");
	if (isRefusal(actor)) return null;
	const client = createClient({ socket: operatorSocketOf(stateDir), actor });
	return client.ask({ path: "/v1/outcomes?limit=1", signal, timeoutMs: patienceMs });
}

/** What the supervisor left in the workspace. */
async function ofWorkspace(cwd: string): Promise<unknown> {
	try {
		const path = join(cwd, ".deadman-outcome.json");
		const found = await stat(path);
		return found.isFile() && found.size <= 256 * 1024 ? JSON.parse(await readFile(path, "utf8")) : null;
	} catch {
		return null;
	}
}
