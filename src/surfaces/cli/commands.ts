// The command line as a tree: names, arguments and options, nothing else. Each action loads its module only when it runs.
import { Command, Option } from "commander";
import type { Terminal } from "./session/session.js";

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `PATH=S`, split at the first `=`. */
function collectPair(value: string, before: Readonly<Record<string, string>>): Record<string, string> {
	const at = value.indexOf("=");
	return at < 0 ? { ...before, [value]: "" } : { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}

const summary = new Option("--summary <text>", "what the change does, in a sentence or two").default("", "none");
const fileSummary = () =>
	new Option("--file-summary <path=text>", "a sentence about one changed file; repeatable")
		.argParser(collectPair)
		.default({}, "none");
const reason = () => new Option("--reason <text>", "why, for the builder and the journal").default("", "none");
const target = () => new Option("--target <name>", "the agent whose change it is").default(undefined, "host");
const insist = (about: string) => new Option("--insist", about).default(false);
const raw = new Option("--raw", "as it is, control characters too").default(false);
const from = new Option("--conversation <channel:id:thread>", "where it was asked for: CHANNEL[:ID[:THREAD]]");
const submission = () =>
	new Option("--submission <number>", "the submission that it is meant for; anything newer is left alone");
const noFollow = () => new Option("--no-follow", "answer at once instead of seeing the swap through");

export function buildCommands(options: { readonly version: string; readonly terminal: Terminal }): Command {
	const root = new Command("deadman");
	root
		.description("Let an agent change its own code. If nobody confirms in time, it never happened.")
		.version(options.version)
		.exitOverride()
		.configureOutput({ outputError: () => {} })
		.showHelpAfterError(false);
	everywhere(root);
	const add = adder(root, options.terminal);
	addFolder(add);
	addProposals(add);
	addReading(add);
	addReview(add);
	addAgents(add);
	addDecisions(add);
	addPromotion(add);
	addWorkspaces(adder(root.command("workspace").description("where builders edit"), options.terminal));
	addTokens(adder(root.command("token").description("who may speak over TCP"), options.terminal));
	addChannels(adder(root.command("notify").description("the channels to people"), options.terminal));
	add("mcp", "serve MCP on stdin and stdout, for an agent's client", [], async (terminal, _, options) =>
		(await import("./commands/mcp.js")).mcp(terminal, options),
	);
	addHooks(adder(root.command("hook").description("what an agent's client runs"), options.terminal));
	addState(root.command("state").description("where the state lies, and how large it is"), options.terminal);
	addData(adder(root.command("data").description("what a rolled-back version wrote"), options.terminal));
	return root;
}

type Action = (terminal: Terminal, args: string[], options: never) => Promise<void>;
type Add = (usage: string, about: string, parts: readonly Option[], act: Action) => void;

/** Every command takes these, and so does the root before the command's name. */
function everywhere(command: Command): Command {
	return command.option("--json", "one JSON object on stdout").option("--dir <folder>", "the repository's folder");
}

function adder(parent: Command, terminal: Terminal): Add {
	return (usage, about, parts, act) => {
		const command = parent.command(usage).description(about);
		for (const option of parts) command.addOption(option);
		everywhere(command);
		command.action(async (...given: unknown[]) => {
			const args = given.slice(0, command.registeredArguments.length) as string[];
			await act(terminal, args, command.optsWithGlobals() as never);
		});
	};
}

const connecting = () => [
	new Option("--agent <client>", "connect this client instead").choices([
		"claude",
		"codex",
		"openclaw",
		"nanoclaw",
		"generic",
	]),
	new Option("--hooks", "with its hooks against service control and edits of the live tree").default(false),
	new Option("--remove", "take everything out again").default(false),
	new Option("--yes", "write without being asked").default(false),
];

function addFolder(add: Add): void {
	const db = new Option("--db <file>", "a SQLite database of the program; repeatable")
		.argParser(collect)
		.default([], "none");
	add(
		"init",
		"write a first configuration, or connect an agent's client",
		[new Option("--run <command>", "how the program is started"), db, ...connecting()],
		async (terminal, _, options) => (await import("./commands/init.js")).init(terminal, options),
	);
	add("run", "supervise the program", [], async (terminal, _, options) =>
		(await import("./commands/run.js")).run(terminal, options),
	);
	const dryRun = new Option("--dry-run", "only tell what would go").default(false);
	add("prune", "remove what nobody needs any more", [dryRun], async (terminal, _, options) =>
		(await import("./commands/prune.js")).prune(terminal, options),
	);
	add("doctor", "look for what would not work", [], async (terminal, _, options) =>
		(await import("./commands/run.js")).doctor(terminal, options),
	);
}

function addProposals(add: Add): void {
	const shared = () => [summary, fileSummary(), from, insist("propose a tree that ended badly before"), noFollow()];
	const commit = new Option("--commit <revision>", "the commit that holds the change").makeOptionMandatory();
	add(
		"propose",
		"propose a commit as the next version",
		[commit, ...shared(), target()],
		async (terminal, _, options) => (await import("./commands/verbs.js")).propose(terminal, options),
	);
	add(
		"submit <workspace>",
		"propose what a workspace has committed",
		shared(),
		async (terminal, [name = ""], options) => (await import("./commands/verbs.js")).submit(terminal, name, options),
	);
}

function addReading(add: Add): void {
	const until = new Option("--until <status>", "wait for this status; repeatable")
		.argParser(collect)
		.default([], "finalized");
	const timeout = new Option("--timeout <duration>", "how long to wait").default("60s");
	const refused = new Option("--refused", "only the refused requests, of every swap where none is named").default(
		false,
	);
	add("ls", "all swaps, newest first", [], async (terminal, _, options) =>
		(await import("./commands/reading.js")).list(terminal, options),
	);
	add("status [swap]", "how it stands", [], async (terminal, [id], options) =>
		(await import("./commands/reading.js")).status(terminal, id, options),
	);
	add("log [swap]", "what happened to a swap, and what was refused", [refused], async (terminal, [id], options) =>
		(await import("./commands/log.js")).log(terminal, id, options),
	);
	add("wait <swap>", "wait until a swap has ended", [until, timeout], async (terminal, [id = ""], options) =>
		(await import("./commands/wait.js")).wait(terminal, id, options),
	);
}

function addAgents(add: Add): void {
	const watch = new Option("--watch", "show it again whenever it changes").default(false);
	add("agents [name]", "who reports here, and how they stand", [watch], async (terminal, [name], options) =>
		(await import("./commands/agents.js")).agents(terminal, name, options),
	);
}

function addReview(add: Add): void {
	add("review <swap>", "what approvers were given to read", [], async (terminal, [id = ""], options) =>
		(await import("./commands/reading.js")).review(terminal, id, options),
	);
	add("diff <swap>", "what a swap changes, whole", [raw], async (terminal, [id = ""], options) =>
		(await import("./commands/reading.js")).diff(terminal, id, options),
	);
}

function addPromotion(add: Add): void {
	add(
		"promote <swap>",
		"apply what was reviewed to the template",
		[submission(), noFollow()],
		async (terminal, [id = ""], options) => (await import("./commands/promotion.js")).promote(terminal, id, options),
	);
	add("keep <swap>", "leave the template as it is", [submission()], async (terminal, [id = ""], options) =>
		(await import("./commands/promotion.js")).keep(terminal, id, options),
	);
}

function addDecisions(add: Add): void {
	const type = new Option("--type <phrase>", "the typed confirmation, where one is asked for");
	const by = new Option("--by <duration>", "how much longer").default("2m");
	add(
		"approve <swap>",
		"let a swap go live on trial",
		[insist("take a tree that ended badly before"), type, submission(), noFollow()],
		async (terminal, [id = ""], options) => (await import("./commands/approve.js")).approve(terminal, id, options),
	);
	add("reject <swap>", "refuse a proposal", [reason(), submission()], async (terminal, [id = ""], options) =>
		(await import("./commands/verbs.js")).reject(terminal, id, options),
	);
	add("withdraw <swap>", "take a proposal back", [submission()], async (terminal, [id = ""], options) =>
		(await import("./commands/verbs.js")).withdraw(terminal, id, options),
	);
	add("confirm <swap>", "keep the new version", [submission(), noFollow()], async (terminal, [id = ""], options) =>
		(await import("./commands/verbs.js")).confirm(terminal, id, options),
	);
	add(
		"rollback <swap>",
		"bring the previous version back",
		[reason(), submission(), noFollow()],
		async (terminal, [id = ""], options) => (await import("./commands/verbs.js")).rollback(terminal, id, options),
	);
	add(
		"extend <swap>",
		"give the window more time, under its cap",
		[by, submission()],
		async (terminal, [id = ""], options) => (await import("./commands/verbs.js")).extend(terminal, id, options),
	);
}

function addWorkspaces(add: Add): void {
	const clone = new Option("--clone", "a clone of its own, for a builder behind a mount").default(false);
	add(
		"create <name>",
		"a fresh worktree off the live version",
		[target(), clone],
		async (terminal, [name = ""], options) =>
			(await import("./commands/workspaces.js")).createWorkspace(terminal, name, options),
	);
	add("list", "all workspaces", [], async (terminal, _, options) =>
		(await import("./commands/workspaces.js")).listWorkspaces(terminal, options),
	);
	add("remove <name>", "remove a workspace and its branch", [], async (terminal, [name = ""], options) =>
		(await import("./commands/workspaces.js")).removeWorkspace(terminal, name, options),
	);
}

function addTokens(add: Add): void {
	const role = new Option("--role <role>", "what it may do").choices(["builder", "viewer", "operator", "agent"]);
	const agent = new Option("--agent <name>", "the agent that it speaks for, in the place of a name");
	const bound = new Option("--target <name>", "the one agent that a builder may propose for").default(undefined, "any");
	add(
		"create [name]",
		"make a token; its secret is shown this once",
		[role.makeOptionMandatory(), bound, agent],
		async (terminal, [name], options) => (await import("./commands/tokens.js")).createToken(terminal, name, options),
	);
	add("list", "all tokens, revoked ones too", [], async (terminal, _, options) =>
		(await import("./commands/tokens.js")).listTokens(terminal, options),
	);
	add("revoke <id>", "end a token, by its id or its name", [], async (terminal, [id = ""], options) =>
		(await import("./commands/tokens.js")).revokeToken(terminal, id, options),
	);
}

function addChannels(add: Add): void {
	add("test [channel]", "send a test card; no swap is touched", [], async (terminal, [channel], options) =>
		(await import("./commands/notify.js")).testChannels(terminal, channel, options),
	);
}

function addHooks(add: Add): void {
	const builder = new Option("--builder <name>", "for whom the outcome is asked");
	add(
		"pre-tool-use",
		"denies service control and edits of the live tree; reads the client's JSON",
		[],
		async (terminal, _, options) => (await import("./commands/hook.js")).preToolUse(terminal, options),
	);
	add("session-start", "tells how the last swap ended", [builder], async (terminal, _, options) =>
		(await import("./commands/hook.js")).sessionStart(terminal, options),
	);
}

/** Without a word behind it, it shows. */
function addState(state: Command, terminal: Terminal): void {
	everywhere(state).action(async () =>
		(await import("./commands/state.js")).showState(terminal, state.optsWithGlobals()),
	);
	const add = adder(state, terminal);
	add("move [folder]", "put it elsewhere, while no supervisor runs", [], async (terminal, [to], options) =>
		(await import("./commands/state.js")).moveState(terminal, to, options),
	);
	add("new", "an identity and a state of its own, for a copy", [], async (terminal, _, options) =>
		(await import("./commands/state.js")).newState(terminal, options),
	);
	add("adopt [folder]", "take that state for this repository's", [], async (terminal, [folder], options) =>
		(await import("./commands/state.js")).adoptState(terminal, folder, options),
	);
}

function addData(add: Add): void {
	const does = { replay: "put inserted rows back that still fit", drop: "remove what was set aside, for good" };
	add("show <swap>", "what was set aside, per table", [], async (terminal, [id = ""], options) =>
		(await import("./commands/reading.js")).showData(terminal, id, options),
	);
	for (const verb of ["replay", "drop"] as const)
		add(`${verb} <swap>`, does[verb], [], async (terminal, [id = ""], options) =>
			(await import("./commands/reading.js")).changeData(terminal, verb, { id, options }),
		);
}
