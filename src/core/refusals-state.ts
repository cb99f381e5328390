// The refusals of locks, the journal, databases and what was set aside: a part of the table in refusals.ts, in the same shape.

export const stateRefusals = {
	locked: {
		kind: "conflict",
		message: "Another supervisor runs in {path} (process {pid}).",
		next: "Use that one, or stop it first.",
	},
	schema_newer: {
		kind: "conflict",
		message: "The state in {path} was written by a newer deadman (schema {found}, this one knows {known}).",
		next: "Start the newer deadman again, or upgrade this one.",
	},
	schema_older: {
		kind: "conflict",
		message:
			"The journal {path} was written by a deadman of before 0.2 (schema {found}; this one reads from {oldest} on).",
		next: "A start undoes what is on trial, then says this. After that move the file, its -wal and its -shm aside and start again: the live version and its data stay.",
	},
	journal_unreadable: {
		kind: "conflict",
		message: "The journal {path} cannot be read: {why}.",
		next: "Nothing was lost from the releases; move the file aside and start again, or bring it back from a backup.",
	},
	journal_unavailable: {
		kind: "conflict",
		message: "The journal {path} cannot be used now: {why}.",
		next: "Give it space, or let go of what holds it; then start again.",
	},
	confirm_unsettled: {
		kind: "conflict",
		message: "{id} is confirmed in the journal, but not yet where a start without the journal looks. It is tried on.",
		next: "`deadman wait {id}` tells when it is settled.",
	},
	verdict_unwritten: {
		kind: "conflict",
		message:
			"{id} is being rolled back, but that could not be written anywhere on disk: it is lost if this supervisor dies before it can.",
		next: "Give the state folder space, or see why it cannot be written; `deadman status {id}` tells how it stands.",
	},
	no_space: {
		kind: "conflict",
		message: "Not enough free space in {path}: {needed} needed, {free} free.{discarded}",
		next: "Free some, or move `stateDir` to a larger disk.",
	},
	database_held: {
		kind: "conflict",
		message: "Process {pid} ({command}) holds {database} open.",
		next: "Stop it; a snapshot or a restore under a living writer would lose data.",
	},
	database_bad: {
		kind: "conflict",
		message: "{database} does not pass its integrity check: {why}.",
		next: "Repair it first; a snapshot of a broken database saves nobody.",
	},
	unrestorable: {
		kind: "conflict",
		message: "A rollback could not put {path} back: {why}.",
		next: "Let the supervisor rename what lies there, or write it in place; or take it out of what goes back, by `policy` or `exclude`.",
	},
	files_bad: {
		kind: "conflict",
		message: "The files in {path} cannot be kept: {why}.",
		next: "Mend that, or leave them out: `exclude` of their entry in `files`.",
	},
	database_unprotected: {
		kind: "conflict",
		message: "The database {database} is not protected: {why}.",
		next: "To protect it, {remedy}.",
	},
	no_data: {
		kind: "not_found",
		message: "{id} has no data that was set aside.",
		next: "Only a swap that was rolled back after its program ran has some.",
	},
	diff_pruned: {
		kind: "conflict",
		message: "The files of {id} are not kept any more, so its diff cannot be made.",
		next: "`deadman review {id}` shows what approvers were given to read; `retain.swaps` in the configuration says for how many swaps files are kept.",
	},
	data_pruned: {
		kind: "conflict",
		message: "What {id} set aside was removed{when}.",
		next: "`deadman data show {id}` still tells how much it was; `retain.discarded` in the configuration says how long such data stays.",
	},
} as const;
