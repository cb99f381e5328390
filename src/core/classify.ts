// Which class a change belongs to, from its paths and the operator's rules alone. Pure: a change that names two paths counts with both,
// and no rename, link, case or unicode form lowers a class.
import { type Refusal, refuse } from "./refusals.js";
import type { ChangedFile, Classification, Flag } from "./swap.js";

/** `template` and `folder` are relative to the repository; equal ones are an agent's own folder. */
export interface Mapping {
	readonly template: string;
	/** Where the private copy lies. */
	readonly folder: string;
}

export interface TargetRules {
	readonly name: string;
	readonly mappings: readonly Mapping[];
	/** Glob patterns of paths. */
	readonly neverWrite: readonly string[];
	readonly migrations: readonly string[];
}

/** Patterns are globs over paths of the repository: `*` within a folder, `**` over folders. */
export interface Rules {
	readonly host: Omit<TargetRules, "mappings">;
	readonly agents: readonly TargetRules[];
	/** The supervisor's own files, such as its configuration where it is tracked. */
	readonly supervisor: readonly string[];
	/** What an agent may reach: tool servers, mounts, scripts. A match raises `group` to `host`. */
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

/** `agent`: whose workspace it was; null for the host's own. Refuses a path that may never be written. */
export function classify(
	_files: readonly ChangedFile[],
	{ rules: _rules, agent: _agent }: { readonly rules: Rules; readonly agent: string | null },
): Classified | Refusal {
	return refuse("path_refused", { path: "", reason: "not built" });
}
