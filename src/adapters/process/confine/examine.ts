// What `deadman doctor` says of the walls around code that nobody trusts yet: the sandbox for a candidate's commands, and whether the
// operating system keeps builders away from the supervisor's state.
import { lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Finding } from "../../../ports/ports.js";
import { type Found, findSandbox, type SandboxMode } from "./sandbox.js";

interface Places {
	/** The operator's repository. */
	readonly root: string;
	readonly stateDir: string;
}

/** `sandbox` and `builders`. */
export async function examineConfinement(places: Places & { readonly sandbox: SandboxMode }): Promise<Finding[]> {
	return [sandboxFinding(places.sandbox, await findSandbox()), await buildersFinding(places)];
}

export function sandboxFinding(mode: SandboxMode, found: Found): Finding {
	const name = "sandbox";
	if (found.sandbox === null) {
		const sentence = `There is no sandbox for install, build and checks: ${found.why}.`;
		const next = "Install bubblewrap (the package bubblewrap), and allow user namespaces where it is not run by root.";
		if (mode !== "required") return { name, level: "warn", sentence: `${sentence} Limits hold all the same.`, next };
		return { name, level: "bad", sentence: `${sentence} It is required, so nothing is staged.`, next };
	}
	const { version } = found.sandbox;
	if (mode === "off") {
		const sentence = `${version} works, but install, build and checks run without it.`;
		return { name, level: "warn", sentence, next: 'Set `sandbox` to "auto" in the configuration.' };
	}
	const sentence = `${version} works: install, build and checks of a candidate run in it (${mode}).`;
	return { name, level: "ok", sentence, next: null };
}

const boundary =
	"Run the supervisor as a user of its own with `stateDir` outside the repository; for builders, a clone workspace under another user, or a container, is the real boundary.";

/** Who owns the repository's files is taken for the builders' user: they work in it, or in worktrees of it. */
async function buildersFinding({ root, stateDir }: Places): Promise<Finding> {
	const name = "builders";
	const [repository, state] = await Promise.all([stat(root), stat(stateDir)]);
	if (repository.uid === state.uid) {
		const sentence = `The repository and the state folder belong to the same user (${state.uid}): builders who run as that user can write the supervisor's state.`;
		return { name, level: "warn", sentence, next: boundary };
	}
	const weak = await weakFolder(stateDir, state.uid);
	if (weak !== null) {
		const sentence = `The state folder belongs to user ${state.uid}, but ${weak} above it can be changed by others: they can put another in its place.`;
		return { name, level: "warn", sentence, next: boundary };
	}
	const sentence = `The repository belongs to user ${repository.uid}, the state folder to user ${state.uid}: builders who run as the former cannot write it.`;
	return { name, level: "ok", sentence, next: null };
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The first folder above in which somebody else than root and `uid` may rename what lies there. */
async function weakFolder(path: string, uid: number): Promise<string | null> {
	const folder = dirname(path);
	if (folder === path) return null;
	const found = await lstat(folder);
	const open = (found.mode & WRITABLE_BY_OTHERS) !== 0 && (found.mode & STICKY) === 0;
	if (open || (found.uid !== 0 && found.uid !== uid)) return folder;
	return weakFolder(folder, uid);
}
