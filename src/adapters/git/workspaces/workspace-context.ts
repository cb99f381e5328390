// What every part of the workspaces is given, their names and their places. Changes nothing.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Commands, Files, Log } from "../../../ports/ports.js";
import { updateRefArgs } from "../repository/argv.js";
import { withIntent } from "../repository/intents.js";
import { askOperator } from "../repository/operator.js";
import type { Own } from "../repository/own-repository.js";

export interface WorkspaceContext {
	readonly own: Own;
	readonly commands: Commands;
	readonly files: Files;
	readonly log: Log;
	/** The operator's branch. */
	readonly branch: string;
	/** Paths that releases share: they are absent from workspaces. */
	readonly shared: readonly string[];
	/** The folder of all workspaces, without links in its path, as git prints it. */
	readonly folder: string;
}

export function isWorkspaceName(name: string): boolean {
	return /^[\w-]{1,40}$/.test(name);
}

export const branchOf = (name: string) => `dev/${name}`;

/** Of a clone: what came from it, in the own repository. */
export const arrivalRef = (name: string) => `refs/deadman/workspaces/${name}`;

export const removedRef = (name: string) => `refs/deadman/removed/${name}`;

export const pathOf = ({ folder }: WorkspaceContext, name: string) => join(folder, name);

/** Where folders go that hold work which nobody submitted: beside the others, so that a rename brings them there. */
export const asideOf = ({ folder }: WorkspaceContext) => `${folder}-old`;

export function ask({ own }: WorkspaceContext) {
	return askOperator(own.operator.gitDir, own.layout);
}

/** Moves or removes one ref of the operator's; `to` is null where it goes. What a killed git leaves of that is known for ours. */
export async function changeRef(context: WorkspaceContext, change: RefChange): Promise<void> {
	const { ref, to, expected } = change;
	await withIntent(context.own, refIntent(context, { ref, commits: to === null ? [] : [to] }), async () => {
		const args =
			to === null ? ["update-ref", "-d", ref, ...(expected === undefined ? [] : [expected])] : updateRefArgs(ref, to);
		await ask(context).raw(args);
	});
}

export interface RefChange {
	readonly ref: string;
	readonly to: string | null;
	readonly expected?: string;
}

/** A ref that goes is taken out of the packed ones too. */
export function refIntent(
	{ own }: WorkspaceContext,
	{ ref, commits }: { readonly ref: string; readonly commits: readonly string[] },
) {
	const at = (name: string) => join(own.operator.commonDir, name);
	return { locks: [at(`${ref}.lock`), at("packed-refs.lock")], commits: [...commits] };
}

/** Empty where there is no such branch. */
export async function branchHead(context: WorkspaceContext, name: string): Promise<string> {
	const args = ["rev-parse", "--verify", "--quiet", `refs/heads/${branchOf(name)}`];
	return (await ask(context).raw(args)).trim();
}

export async function isFolder(path: string): Promise<boolean> {
	return (await stat(path).catch(ifAbsent(null)))?.isDirectory() === true;
}

const SHOWN_PATHS = 5;

export function dirtyRefusal(name: string, paths: readonly string[]): Refusal {
	const shown = paths.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(path));
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	return refuse("workspace_dirty", { name, paths: `${shown.join(", ")}${more}` });
}
