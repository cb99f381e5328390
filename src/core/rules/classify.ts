// Which class a change belongs to, from its paths and the operator's rules alone. Pure: a change that names two paths counts with both,
// and no rename, link, case or unicode form lowers a class. What raises or forbids is matched in every form of a path, what lowers
// only exactly.

import { type Refusal, refuse } from "../refusals.js";
import { type ChangedFile, type Classification, type Flag, hostTarget } from "../swap.js";
import { compileGlob, type Glob, type Names, namesOf } from "./glob.js";
import { neverWriteRules } from "./never-write.js";
import { foldedRule, formsOf, isStraight, isWithin } from "./path-forms.js";
import { printableLine } from "./printable.js";

/** `template` and `folder` are relative to the repository; equal ones are an agent's own folder. */
export interface Mapping {
	readonly template: string;
	/** Where the private copy lies. */
	readonly folder: string;
}

export interface TargetRules {
	readonly name: string;
	readonly mappings: readonly Mapping[];
	/** Glob patterns of paths; `!pattern` excepts what those before it forbid. */
	readonly neverWrite: readonly string[];
	readonly migrations: readonly string[];
}

/** Patterns are globs over paths of the repository: `*` within a folder, `**` over folders; one that matches a folder matches what lies in it. */
export interface Rules {
	readonly host: Omit<TargetRules, "mappings">;
	readonly agents: readonly TargetRules[];
	/** The supervisor's own files, such as its configuration where it is tracked. A match raises `group` to `combined`. */
	readonly supervisor: readonly string[];
	/** What an agent may reach: tool servers, mounts, scripts. A match raises `group` to `combined`. */
	readonly reach: readonly string[];
}

export interface Classified {
	readonly classification: Classification;
	readonly flags: readonly Flag[];
	/** Paths that land in the asking agent's private copy; the others land on the host. */
	readonly group: readonly string[];
	/** Those of them that have a template: a promotion would write these. */
	readonly templated: readonly string[];
}

/** So many paths are held against the rules at once; who waits for the answer may let others run in between. */
const part = 64;

/**
 * `agent`: whose workspace it was; null for the host's own. Refuses a path that may never be written. A path that lands in the agent's
 * copy but widens what the agent may reach, or is the supervisor's, makes the change `combined`: it still lands there alone
 * (`group` says so), and it is the owner's to decide.
 */
export function* classify(
	files: readonly ChangedFile[],
	{ rules, agent }: { readonly rules: Rules; readonly agent: string | null },
): Generator<void, Classified | Refusal> {
	const asking = rules.agents.find(({ name }) => name === agent);
	const paths = [...new Set(files.flatMap(({ path, from }) => (from === null ? [path] : [path, from])))];
	const forbidden = forbiddenBy(rules, agent);
	const flagged = flaggedBy(rules, asking);
	const flags: Flag[] = [];
	const group: string[] = [];
	const templated: string[] = [];
	for (const [index, path] of paths.entries()) {
		if (index > 0 && index % part === 0) yield;
		const forms = formsOf(path).map((text) => ({ text, names: namesOf(text) }));
		const rule = forbidden(path, forms);
		if (rule !== null) return refuse("never_writable", { path: printableLine(path), rule });
		flags.push(...flagged(path, forms));
		const mapping = mappingOf(asking, path);
		if (mapping === undefined) continue;
		group.push(path);
		if (mapping.template !== mapping.folder) templated.push(path);
	}
	return { classification: classOf({ paths, group, flags }), flags, group, templated };
}

interface Sorted {
	readonly paths: readonly string[];
	readonly group: readonly string[];
	readonly flags: readonly Flag[];
}

function classOf({ paths, group, flags }: Sorted): Classification {
	if (group.length === 0) return "host";
	const raised = flags.some(({ kind }) => kind !== "migration");
	return raised || group.length < paths.length ? "combined" : "group";
}

/** Exactly, byte for byte: whatever only looks like the agent's folder belongs to the host. */
function mappingOf(asking: TargetRules | undefined, path: string): Mapping | undefined {
	if (!isStraight(path)) return undefined;
	return asking?.mappings.find(({ template }) => path.startsWith(`${template}/`));
}

/** A path in each of its forms. */
type Forms = readonly { readonly text: string; readonly names: Names }[];

/** The rule that forbids, in words, or null. */
function forbiddenBy(rules: Rules, agent: string | null): (path: string, forms: Forms) => string | null {
	const asking = rules.agents.find(({ name }) => name === agent);
	// A list each: an agent's exceptions lift no rule of the host.
	const lists = [rules.host.neverWrite, asking?.neverWrite ?? []].map(neverWriteRules);
	const taken = rules.agents.flatMap(({ name, mappings }) =>
		mappings
			.filter((mapping) => isForeign(mapping, { name, agent }))
			.map(({ folder }) => ({ at: foldedRule(folder), rule: `${folder} belongs to ${name}` })),
	);
	const kept = (asking?.mappings ?? []).map(({ template }) => ({
		at: foldedRule(template),
		rule: `${template} stays a folder`,
	}));
	return (path, forms) => {
		const names = forms.map((form) => form.names);
		const rule = lists.map((ruleFor) => ruleFor(path, names)).find((found) => found !== null);
		const found =
			taken.find(({ at }) => forms.some(({ text }) => isWithin(text, at) || isWithin(at, text))) ??
			kept.find(({ at }) => forms.some(({ text }) => isWithin(at, text)));
		return rule !== undefined ? `neverWrite: ${rule}` : (found?.rule ?? null);
	};
}

/** A private copy is written by an activation alone, also that of the one who asks; an own folder by its owner. */
function isForeign(
	{ template, folder }: Mapping,
	{ name, agent }: { readonly name: string; readonly agent: string | null },
) {
	return template !== folder || name !== agent;
}

interface Pattern {
	readonly rule: string;
	readonly matches: Glob;
}

function compile(patterns: readonly string[]): readonly Pattern[] {
	return patterns.map((rule) => ({ rule, matches: compileGlob(foldedRule(rule)) }));
}

/** The first rule of each kind that a path meets. */
function flaggedBy(rules: Rules, asking: TargetRules | undefined): (path: string, forms: Forms) => Flag[] {
	const kinds = [
		["migration", compile([...rules.host.migrations, ...(asking?.migrations ?? [])])],
		["supervisor", compile(rules.supervisor)],
		["reach", compile(rules.reach)],
	] as const;
	return (path, forms) =>
		kinds.flatMap(([kind, patterns]) => {
			const pattern = patterns.find(({ matches }) => forms.some(({ names }) => matches(names)));
			return pattern === undefined ? [] : [{ kind, path, rule: pattern.rule }];
		});
}

/** Two swaps exclude each other when they touch the same target, or one of them the host (1.15). */
export function overlap(one: readonly string[], other: readonly string[]): boolean {
	if (one.includes(hostTarget) || other.includes(hostTarget)) return true;
	return one.some((target) => other.includes(target));
}
