// A plan as programs and people read it: the changes with their differences, and what a person still has to know.
import { printableBlock, printableLine } from "../../../core/rules/printable.js";
import { createScrub } from "../../../core/rules/redact.js";
import type { First } from "../setup/first-configuration.js";
import { type AgentName, clients } from "./clients/index.js";
import type { Change, Plan } from "./plan.js";
import { textDiff } from "./text-diff.js";

export interface PlanView {
	readonly agent: AgentName;
	readonly root: string;
	readonly removes: boolean;
	/** The configuration that is written first; null where there is one. */
	readonly config: string | null;
	readonly changes: readonly {
		readonly path: string;
		readonly kind: Change["kind"];
		readonly what: string;
		readonly diff: string;
	}[];
	readonly notes: readonly string[];
}

interface About {
	readonly root: string;
	readonly first: First | null;
	readonly options: { readonly agent: AgentName; readonly hooks: boolean; readonly remove: boolean };
}

/** Other servers' tokens may stand right beside our entry. */
const scrub = createScrub({ secrets: [] });

export function viewOf({ changes }: Plan, { root, first, options }: About): PlanView {
	const { agent, hooks, remove } = options;
	return {
		agent,
		root,
		removes: remove,
		config: first?.path ?? null,
		changes: changes.map(({ path, kind, what, before, after }) => ({
			path,
			kind,
			what,
			diff: scrub(textDiff({ path, before, after })),
		})),
		notes: remove ? [] : notesOf({ agent, root, hooks }),
	};
}

function notesOf({
	agent,
	root,
	hooks,
}: {
	readonly agent: AgentName;
	readonly root: string;
	readonly hooks: boolean;
}) {
	const client = clients[agent];
	const without = `There are no hooks for ${agent}: it is told by AGENTS.md what not to do, and the supervisor refuses what it must not.`;
	return [
		...client.notes({ root }),
		...(hooks && client.hooks === null ? [without] : []),
		"`deadman` has to be on the PATH that the client starts with.",
		"Commit these files, so that workspaces have them too.",
	];
}

export function renderPlan({ config, changes, notes }: PlanView): string {
	const first = config === null ? [] : [`create  ${config}: the configuration`];
	return [
		...first,
		...changes.map(({ path, kind, what, diff }) =>
			[`${kind.padEnd(9)} ${printableLine(path)}: ${what}`, ...inset(diff)].join("\n"),
		),
		...notes.map((note) => `Note: ${note}`),
	].join("\n");
}

function inset(diff: string): string[] {
	return diff === ""
		? []
		: printableBlock(diff)
				.split("\n")
				.map((line) => `    ${line}`);
}

interface Done {
	readonly written: boolean;
	readonly isEmpty: boolean;
	/** Whether the plan was shown already. */
	readonly shown: boolean;
}

export function renderDone(view: PlanView, { written, isEmpty, shown }: Done): string {
	if (isEmpty) return view.removes ? `Nothing of ${view.agent} is here.` : `${view.agent} is connected already.`;
	const plan = shown ? [] : [renderPlan(view)];
	if (!written)
		return [...plan, shown ? "Nothing was written." : "Nothing was written yet: --yes writes it."].join("\n");
	const paths = view.changes.filter(({ kind }) => kind !== "unchanged").map(({ path }) => path);
	return [...plan, `${view.removes ? "Removed from" : "Wrote"} ${paths.join(", ")}.`].join("\n");
}
