// The refusals about where the state lies and whose it is: a part of the table in refusals.ts, in the same shape.

export const placeRefusals = {
	state_missing: {
		kind: "conflict",
		message: "The state of {root} should lie in {path}, and there is none.",
		next: "Mount or bring back that folder. Only if it is gone for good: `deadman state new` begins anew, without its history and the data that was kept there.",
	},
	state_pointer_unreadable: {
		kind: "conflict",
		message: "{path} should say where the state lies, and cannot be used: {why}.",
		next: "`deadman state adopt FOLDER` names the state's folder again; nothing in it was touched.",
	},
	state_pointer_newer: {
		kind: "conflict",
		message: "{path} was written by a newer deadman (version {found}, this one knows {known}).",
		next: "Start the newer deadman again, or upgrade this one.",
	},
	state_pointer_unwritable: {
		kind: "conflict",
		message: "Where the state lies cannot be put down in {path}: {why}.",
		next: "Make that folder writable for a first start, or name the state's folder by `stateDir` in the configuration.",
	},
	state_elsewhere: {
		kind: "conflict",
		message: "`stateDir` says {path}, but the state lies in {found}.",
		next: "`deadman state move` brings it to where the configuration says; or take `stateDir` back.",
	},
	state_home_unknown: {
		kind: "usage",
		message: "There is no place for the state: neither HOME nor XDG_STATE_HOME is an absolute path.",
		next: "Set HOME, XDG_STATE_HOME or DEADMAN_STATE_HOME for the first start, or `stateDir` in the configuration.",
	},
	state_place_unfit: {
		kind: "usage",
		message: "The state cannot lie in {path}: {why}.",
		next: "Name an absolute path to a folder that is empty or not there yet, below folders that nobody else can write.",
	},
	state_configured: {
		kind: "conflict",
		message: "`stateDir` in the configuration says that the state lies in {path}.",
		next: "Change or remove `stateDir` there first; it goes before everything else.",
	},
	state_present: {
		kind: "conflict",
		message: "The state in {path} is this repository's own.",
		next: "There is nothing to begin anew; `deadman state move` puts it elsewhere.",
	},
	state_held: {
		kind: "conflict",
		message: "The state in {path} cannot be moved now: {why}.",
		next: "See to that first, then run it again.",
	},
	state_moving: {
		kind: "conflict",
		message: "The state was moved from {path} while this start waited.",
		next: "Run it again: it is found where it lies now.",
	},
	repository_copied: {
		kind: "conflict",
		message: "{root} is a copy, or points to another repository's state: {path} belongs to {original}.",
		next: "`deadman state new` gives this one an identity and a state of its own. If the original is gone and this one takes its place: `deadman state adopt`.",
	},
	identity_mismatch: {
		kind: "conflict",
		message: "The state in {path} and the repository {root} do not name the same identity, so nothing new is begun.",
		next: "A rollback that is due is carried out all the same. If they belong together: stop the supervisor, `deadman state adopt`, start it again.",
	},
} as const;
