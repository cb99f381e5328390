// Which causes pass by themselves: a held file, a full disk, a busy port. What is only held up by one is tried on, for as long as it takes, and
// no tree is blamed for it.
import type { Cause } from "../swap.js";

/** Errors of the system, as Node names them; all of them can be over at the next try. */
const errors: ReadonlySet<string> = new Set([
	"eacces",
	"eaddrinuse",
	"eagain",
	"ebusy",
	"edquot",
	"eio",
	"emfile",
	"enfile",
	"enolck",
	"enomem",
	"enospc",
	"eperm",
	"erofs",
	"estale",
	"etimedout",
	"etxtbsy",
]);

/** Refusals and causes of ours. */
const held: ReadonlySet<string> = new Set([
	"database_held",
	"git_locked",
	"no_space",
	"port_held",
	"journal_unavailable",
	"data_process_ended",
	"ground_changed",
]);

/** SQLite's, with whatever they are extended by. Corruption is none of them. */
const sqlite = /^sqlite_(busy|locked|full|ioerr|cantopen|readonly|nomem|perm|protocol)(_|$)/;

export function isPassingCode(code: string): boolean {
	return errors.has(code) || held.has(code) || sqlite.test(code);
}

export function isPassing({ code }: Cause): boolean {
	return isPassingCode(code);
}

/** What the system says in words, where no code came with it: of git, and of other commands. Source: strerror(3) in the C locale. */
const words: readonly (readonly [RegExp, string])[] = [
	[/No space left on device/i, "enospc"],
	[/Disk quota exceeded/i, "edquot"],
	[/Read-only file system/i, "erofs"],
	[/Input\/output error/i, "eio"],
	[/Too many open files/i, "emfile"],
	[/Cannot allocate memory/i, "enomem"],
	[/Device or resource busy/i, "ebusy"],
	[/Resource temporarily unavailable/i, "eagain"],
	[/Unable to create '[^']*\.lock': File exists/i, "git_locked"],
	[/database or disk is full/i, "sqlite_full"],
	[/disk I\/O error/i, "sqlite_ioerr"],
];

/** Null where the text tells of none. */
export function passingCodeIn(text: string): string | null {
	return words.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** It says nothing about the tree: the machine was the cause, or the supervisor itself. */
const ofTheMachine: ReadonlySet<string> = new Set(["supervisor_died", "journal_unreadable", "state_mixed", "undone"]);

export function isOfTheMachine(cause: Cause): boolean {
	return isPassing(cause) || ofTheMachine.has(cause.code);
}
