// `deadman init`: writes a first configuration, asks nothing, overwrites nothing. With --agent it connects an agent's client instead.
import { resolve } from "node:path";
import { refuse } from "../../../core/refusals.js";
import type { AgentName } from "../agents/clients/index.js";
import { accepted } from "../session/failure.js";
import type { Common, Terminal } from "../session/session.js";
import { firstConfiguration, writeFirst } from "../setup/first-configuration.js";
import { repositoryOf } from "../setup/git-folder.js";

export interface InitOptions extends Common {
	readonly run?: string;
	readonly db: readonly string[];
	readonly agent?: AgentName;
	readonly hooks: boolean;
	readonly remove: boolean;
	readonly yes: boolean;
}

export async function init(terminal: Terminal, options: InitOptions): Promise<void> {
	const { agent, run = null, db } = options;
	if (agent !== undefined) {
		const { connect } = await import("../agents/connect.js");
		return connect(terminal, { ...options, agent, run });
	}
	const alone = (["hooks", "remove", "yes"] as const).filter((name) => options[name]).map((name) => `--${name}`);
	if (alone.length > 0) accepted(refuse("input_invalid", { problems: `${alone.join(", ")} needs --agent` }));
	const repository = accepted(await repositoryOf(resolve(process.cwd(), options.dir ?? ".")));
	const first = accepted(await firstConfiguration(terminal, repository, { run, db }));
	const state = await writeFirst(terminal, first);
	const { path, chosen } = first;
	const lines = [`Wrote ${path}.`, `The state lies in ${state}.`, ...chosen, ...nextSteps];
	terminal.output.result({ config: path, state, chosen }, () => lines.join("\n"));
}

const nextSteps = ["Next: `deadman doctor` looks whether it fits, then `deadman run` starts the supervisor."];
