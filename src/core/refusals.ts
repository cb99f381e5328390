// Every refusal: a stable code, what happened and why, and the next step. Surfaces map the kind to exit codes and HTTP answers.
import { accessRefusals } from "./refusals-access.js";
import { agentRefusals } from "./refusals-agents.js";
import { placeRefusals } from "./refusals-place.js";
import { programRefusals } from "./refusals-programs.js";
import { stateRefusals } from "./refusals-state.js";
import { treeRefusals } from "./refusals-trees.js";

export type RefusalKind = "usage" | "not_found" | "not_allowed" | "unauthenticated" | "conflict" | "too_many";

interface Entry {
	readonly kind: RefusalKind;
	/** `{name}` is filled from the details. */
	readonly message: string;
	readonly next: string;
}

const entry = (kind: RefusalKind, message: string, next: string): Entry => ({ kind, message, next });

export const refusals = {
	duration_malformed: entry(
		"usage",
		"{text} is no duration.",
		'Write a number and a unit, such as "250ms", "30s", "2m" or "1.5h".',
	),
	duration_out_of_range: entry("usage", "The duration {text} is zero or absurd.", "Give one between 1ms and 30d."),
	config_missing: entry(
		"usage",
		"There is no configuration at {path}.",
		"Run `deadman init` in the repository's folder.",
	),
	config_exists: entry(
		"conflict",
		"There is a configuration at {path} already.",
		"Edit it, or move it away and run `deadman init` again.",
	),
	config_invalid: entry(
		"usage",
		"The configuration {path} is not valid: {problems}.",
		"Correct the keys named above; `deadman doctor` checks the file again.",
	),
	input_invalid: entry(
		"usage",
		"The request is not valid: {problems}.",
		"Correct the fields named above and send it again.",
	),
	summary_missing: entry(
		"usage",
		"The proposal has no summary.",
		"Say in a sentence or two what the change does: --summary.",
	),
	file_summary_unknown: entry(
		"usage",
		"There is a sentence for {path}, which the proposal does not change.",
		"Name a path as `git diff --name-only` prints it, or leave the sentence out.",
	),
	file_summary_missing: entry(
		"usage",
		"There is no sentence for {paths}.",
		"Say of each changed file what changes in it and why: --file-summary PATH=TEXT.",
	),
	status_unknown: entry("usage", "{status} is no status of a swap.", "Use one of: {known}."),
	swap_unknown: entry("not_found", "There is no swap {id}.", "`deadman ls` shows them all."),
	workspace_unknown: entry(
		"not_found",
		"There is no workspace {name}.",
		"`deadman workspace list` shows them; `deadman workspace create {name}` makes one.",
	),
	revision_unknown: entry(
		"not_found",
		"{revision} names no commit in the repository.",
		"Commit the change first, then give its hash or its branch.",
	),
	nothing_current: entry(
		"not_found",
		"There is no swap yet.",
		"`deadman propose --commit REV --summary S` or `deadman submit WORKSPACE` makes one.",
	),
	not_authorised: entry(
		"not_allowed",
		"{actor} may not {verb} a swap.",
		"Ask somebody whom the operator named for it; builders and programs propose and report, they never decide.",
	),
	token_missing: entry(
		"unauthenticated",
		"The request carries no token.",
		"Send `authorization: Bearer ...`; `deadman token create` makes one.",
	),
	...accessRefusals,
	...agentRefusals,
	...programRefusals,
	event_id_invalid: entry(
		"usage",
		"The last event id {id} cannot be gone on from: {why}.",
		"Send the `id` of the last event exactly as it came, 0 for everything, or none to begin now.",
	),
	streams_full: entry(
		"too_many",
		"{limit} event streams are open already{whose}.",
		"Close one, or try again in a minute; nothing is lost by going on from the last id.",
	),
	target_unknown: entry(
		"not_found",
		"There is no target {target}.",
		"`deadman status` names the targets; new ones are added to `targets` in the configuration.",
	),
	conversation_unknown: entry(
		"not_found",
		"Requests may not come from {where}.",
		"Leave the conversation out, or ask an operator to add it to `conversations` of that channel under `delivery`.",
	),
	own_change: entry(
		"not_allowed",
		"{actor} proposed {id}, and nobody approves a change of their own.",
		"Ask somebody else of: {who}.",
	),
	role_missing: entry(
		"not_allowed",
		"{actor} may not {verb} {id}, a {classification} change of {target}.",
		"Ask one of: {who}.",
	),
	nobody_to_ask: entry(
		"conflict",
		"A {classification} change of {target} needs approval by {who}, and nobody in the configuration is that.",
		"Add such a person to `people` in the configuration.",
	),
	phrase_needed: entry(
		"not_allowed",
		"{id} is approved by typing a phrase: {why}.",
		'Read the change, then type "{phrase}": --type.',
	),
	reading_needed: entry(
		"not_allowed",
		"{id} is approved once its whole diff was shown to who approves it: {why}.",
		'`deadman approve {id}` at a terminal shows it; where it was read elsewhere, type "{phrase}".',
	),
	submission_missing: entry(
		"usage",
		"{id} was submitted {epoch} times, and this approval does not say for which one it is given.",
		'Read the newest, then send "epoch": {epoch}; at a terminal `deadman approve {id}` shows it and says so.',
	),
	phrase_wrong: entry("not_allowed", "What was typed is not the phrase of {id}.", 'Type exactly "{phrase}".'),
	endorsed_already: entry(
		"conflict",
		"{actor} has approved {id} already.",
		"It waits for {missing} more to approve it.",
	),
	never_writable: entry(
		"conflict",
		"{path} may not be written by any swap ({rule}).",
		"Take it out of the change; what lies there is the operator's.",
	),
	nothing_to_promote: entry(
		"conflict",
		"{id} has nothing to apply to the template.",
		"Only a confirmed swap that changed templated paths offers it, once.",
	),
	template_moved: entry(
		"conflict",
		"The template of {paths} changed since {id} was reviewed.",
		"Propose the change again on the new template, as a host change.",
	),
	private_tracked: entry(
		"conflict",
		"{path} is tracked by git, so it cannot be a private folder of {target}.",
		"Take it out of git (`git rm -r --cached`) and ignore it, or name another folder in the configuration.",
	),
	private_unfit: entry(
		"conflict",
		"The private folder {path} of {target} cannot be taken over: {reason}.",
		"Move that away, then start the supervisor again.",
	),
	private_moved: entry(
		"conflict",
		"Files of {target} that the change touches are not as they were reviewed: {paths}.",
		"Submit it again: it is then merged onto what lies there now.",
	),
	edits_in_the_way: entry(
		"conflict",
		"The checkout has changes of its own in files that the swap touches: {paths}.",
		"Commit, stash or move them, then try again; other local changes may stay.",
	),
	sandbox_missing: entry(
		"conflict",
		"The configuration requires a sandbox, and there is none here: {why}.",
		'Install bubblewrap (`bwrap`), or set `sandbox` to "auto".',
	),
	workspace_frozen: entry(
		"conflict",
		"The workspace {name} is frozen while {id} is decided.",
		"`deadman wait {id}` follows it; a retry thaws the workspace.",
	),
	token_invalid: entry(
		"not_allowed",
		"The token is not one that this supervisor gave to a running program.",
		"Use DEADMAN_TOKEN as the program was started with it.",
	),
	click_invalid: entry(
		"not_allowed",
		"The button does not belong to this swap.",
		"Open the newest card of the swap, or use `deadman confirm {id}` or `deadman rollback {id}`.",
	),
	card_outdated: entry("conflict", "This card is of an earlier try of {id}. {happened}", "Use the newest card."),
	already_decided: entry("conflict", "{id} is decided already. {happened}", "`deadman status {id}` shows the outcome."),
	not_yet: entry("conflict", "{id} is {status}, so it cannot be {verb} now.", "`deadman wait {id}` follows it."),
	window_over: entry(
		"conflict",
		"The window of {id} ran out before this arrived; it rolls back.",
		"`deadman wait {id}` follows it; propose the change again afterwards.",
	),
	cap_reached: entry("conflict", "The window of {id} is at its cap already.", "Confirm or roll back before it ends."),
	swap_in_flight: entry(
		"conflict",
		"{id} is {status}: one swap at a time.",
		"`deadman wait {id}`, or decide it first.",
	),
	known_bad: entry(
		"conflict",
		"The same tree ended badly before, in {id}. {happened}",
		"`explain_last_rollback` or `deadman status {id}` tells more; change the code, or have a person propose it with --insist.",
	),
	key_malformed: entry(
		"usage",
		"The idempotency key has to be 1 to {limit} printable ASCII characters.",
		"Use a fresh random name for each request, and the same one only to repeat it.",
	),
	key_reused: entry(
		"conflict",
		"The idempotency key was used for another request, which became {id}.",
		"Use a fresh key for another request; the same one only repeats the request it came with.",
	),
	milestones_full: entry(
		"too_many",
		"{id} has {limit} milestones already.",
		"Report only what somebody would look for; the swap's own facts tell the rest.",
	),
	workspace_of_another: entry(
		"conflict",
		"The workspace of {target} is another builder's, and there is one of each agent at a time.",
		"Wait until it is removed, or ask an operator to remove it: `deadman workspace list`.",
	),
	no_change: entry(
		"conflict",
		"The proposal changes nothing against the live version.",
		"Commit a change, then propose that commit.",
	),
	merge_conflict: entry(
		"conflict",
		"The proposal does not merge onto the live version: {paths}.",
		"Rebase it on the live commit {base} and propose it again.",
	),
	base_moved: entry(
		"conflict",
		"The live version moved since {id} was proposed.",
		"Withdraw it and propose it again on the new live version.",
	),
	branch_moved: entry(
		"conflict",
		"The branch {branch} has commits that the proposal lacks (it stands at {head}).",
		"Rebase the proposal on {branch} and propose it again.",
	),
	release_edited: entry(
		"conflict",
		"Files of the running release differ from what was approved: {paths}.",
		"Roll back; what runs now was never reviewed.",
	),
	git_busy: entry(
		"conflict",
		"The repository is in the middle of a {operation}.",
		"Finish it or abort it (`git {operation} {abort}`), then try again.",
	),
	git_detached: entry(
		"conflict",
		"The branch {branch} does not exist, and HEAD is detached.",
		"Check out a branch and name it as `branch` in the configuration.",
	),
	checkout_elsewhere: entry(
		"conflict",
		"The checkout is {found}, not on {branch}, so no version can be put into it.",
		"`git switch {branch}`, then try again.",
	),
	git_unborn: entry("conflict", "The repository has no first commit.", "Make one: `git add -A && git commit`."),
	git_locked: entry(
		"conflict",
		"Another git holds {path} since {age}.",
		"Wait for it to end; if none runs, remove that file.",
	),
	not_a_repository: entry("usage", "{path} is no git repository.", "Run `git init` there and make a first commit."),
	branch_unknown: entry(
		"not_found",
		"There is no branch {branch}.",
		"Create it, or name another as `branch` in the configuration.",
	),
	path_refused: entry(
		"conflict",
		"The proposal holds a path that cannot be released: {path} ({reason}).",
		"Remove or rename it and propose the new commit.",
	),
	shared_path_tracked: entry(
		"conflict",
		"{path} is shared between releases, but git tracks it.",
		"Take it out of git (`git rm -r --cached`), or out of `shared` in the configuration.",
	),
	...treeRefusals,
	baseline_unproven: entry(
		"conflict",
		"The live version has not proved that it starts: {why}.",
		"Make the program start and answer its readiness probe; `deadman doctor` shows what it prints.",
	),
	workspace_exists: entry(
		"conflict",
		"There is a workspace {name} already.",
		"`deadman workspace remove {name}` first, or use another name.",
	),
	workspace_name: entry("usage", "{name} is no name for a workspace.", "Use 1 to 40 letters, digits, `-` and `_`."),
	workspace_dirty: entry(
		"conflict",
		"The workspace {name} has changes that are not committed: {paths}.",
		"Commit them; only commits are proposed.",
	),
	...stateRefusals,
	...placeRefusals,
	insist_needed: entry(
		"not_allowed",
		"{id} proposes a tree that ended badly before.",
		"`deadman approve {id} --insist` takes it all the same.",
	),
	no_supervisor: entry("conflict", "No supervisor answers in {path}.", "Start one: `deadman run`."),
	path_too_long: entry(
		"usage",
		"The socket path {path} is longer than the system allows ({limit} bytes).",
		"Set `stateDir` to a shorter path.",
	),
} as const satisfies Record<string, Entry>;

export type RefusalCode = keyof typeof refusals;

/** A refusal is a value: nothing happened, and nothing was lost. */
export interface Refusal {
	readonly refused: true;
	readonly kind: RefusalKind;
	readonly code: RefusalCode;
	readonly message: string;
	readonly next: string;
}

export function refuse(code: RefusalCode, details: Readonly<Record<string, string | number>> = {}): Refusal {
	const fill = (text: string) =>
		text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? `(${name} unknown)`));
	const { kind, message, next } = refusals[code];
	return { refused: true, kind, code, message: fill(message), next: fill(next) };
}

export function isRefusal(value: unknown): value is Refusal {
	return typeof value === "object" && value !== null && (value as Partial<Refusal>).refused === true;
}

/** For doors that can only throw: carries the refusal unchanged. */
export class RefusedError extends Error {
	override readonly name = "RefusedError";
	constructor(readonly refusal: Refusal) {
		super(`${refusal.message} ${refusal.next}`);
	}
}
