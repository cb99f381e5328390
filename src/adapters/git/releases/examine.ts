// Whether git is there and new enough, for `deadman doctor`.
import { limits } from "../../../core/limits.js";
import type { Commands, Finding } from "../../../ports/ports.js";

/** What deadman is tested with; `git merge-tree --write-tree` came with 2.38. */
const needed = [2, 39] as const;

/** Of 2.39: before it, `GIT_NO_LAZY_FETCH` means nothing, and a repository can make git fetch what it lacks by a command of its own. */
const fetchesNothing = 4;

export async function examineGit({ commands }: { readonly commands: Commands }): Promise<Finding> {
	try {
		const { stdout } = await commands.run({
			command: ["git", "--version"],
			cwd: "/",
			env: { PATH: process.env.PATH ?? "", LC_ALL: "C" },
			timeoutMs: limits.gitTimeoutMs,
			maxOutputBytes: limits.commandOutputBytes,
		});
		return gitFinding(stdout.toString().trim());
	} catch {
		return { name: "git", level: "bad", sentence: "git is not installed.", next: "Install git 2.39 or newer." };
	}
}

export function gitFinding(text: string): Finding {
	const [major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)?.slice(1) ?? []).map(Number);
	const enough = major > needed[0] || (major === needed[0] && minor >= needed[1]);
	if (enough && major === needed[0] && minor === needed[1] && patch < fetchesNothing) return unguarded(text);
	if (enough) return { name: "git", level: "ok", sentence: `${text}.`, next: null };
	return {
		name: "git",
		level: "bad",
		sentence: `${text} is too old.`,
		next: `Install git ${needed.join(".")} or newer.`,
	};
}

function unguarded(text: string): Finding {
	return {
		name: "git",
		level: "warn",
		sentence: `${text} cannot be kept from fetching missing objects by a command that a hostile repository names.`,
		next: `Install git 2.39.${fetchesNothing} or newer.`,
	};
}
