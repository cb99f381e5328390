// Which trees may become a release: names, kinds and links that could reach out of its folder or fall together on another file system are refused. Pure.
import { limits } from "../../../core/limits.js";
import type { TreeEntry } from "../repository/listing.js";
import { createLinkRule, type LinkRuleOptions } from "./link-rule.js";

export interface Problem {
	readonly path: string;
	readonly reason: string;
}

export interface RuleOptions extends LinkRuleOptions {
	/** Where the supervisor keeps its own state inside the repository's folder, if it does. */
	readonly reserved: readonly string[];
}

const NAME_BYTES = 255;
const modes: ReadonlySet<string> = new Set(["100644", "100755", "100664", "120000"]);
/** Tabs and line ends occur in real names; the others only serve to fool terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** One problem per entry at most; the returned function is called for each entry of a tree, in order. */
export function createPathRule(options: RuleOptions): (entry: TreeEntry) => Problem | null {
	const collision = createCollisionRule();
	const link = createLinkRule(options);
	return (entry) => {
		const reason =
			nameProblem(entry) ??
			kindProblem(entry) ??
			reservedProblem(entry.shown, options.reserved) ??
			collision(entry.shown) ??
			(entry.mode === "120000" ? link(entry.shown) : null);
		return reason === null ? null : { path: entry.shown, reason };
	};
}

function nameProblem({ path }: TreeEntry): string | null {
	if (path === null) return "its name is not UTF-8";
	if (control.test(path)) return "its name holds a control character";
	if (path.includes("\\")) return "its name holds a backslash";
	if (Buffer.byteLength(path) > limits.pathBytes) return `its path is longer than ${limits.pathBytes} bytes`;
	const names = path.split("/");
	if (names.some((name) => Buffer.byteLength(name) > NAME_BYTES)) return `a name is longer than ${NAME_BYTES} bytes`;
	if (names.some((name) => name === "" || name === "." || name === "..")) return "it leads out of its folder";
	return names.some(isGitForm) ? "it would be read as a git folder" : null;
}

/** `.git` as HFS+, NTFS and case-insensitive systems read it: ignorable characters, short names, streams, trailing dots. */
export function isGitForm(name: string): boolean {
	const plain = name.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, "").toLowerCase();
	return /^(\.git|git~\d+)(:.*|[. ]*)$/s.test(plain);
}

function kindProblem({ mode }: TreeEntry): string | null {
	if (mode === "160000") return "it is a submodule";
	return modes.has(mode) ? null : `it has the mode ${mode}`;
}

function reservedProblem(path: string, reserved: readonly string[]): string | null {
	const folded = fold(path);
	const isOwn = reserved.map(fold).some((own) => folded === own || folded.startsWith(`${own}/`));
	return isOwn ? "it lies in the supervisor's own folder" : null;
}

function fold(path: string): string {
	return path.normalize("NFC").toLowerCase();
}

/** Every folder counts too: `Lib/a` and `lib/b` are one folder elsewhere. */
function createCollisionRule(): (path: string) => string | null {
	const seen = new Map<string, string>();
	return (path) => {
		for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
			const part = path.slice(0, end);
			const other = seen.get(fold(part));
			if (other === part) break;
			if (other !== undefined) return `on other systems it is the same name as ${JSON.stringify(other)}`;
			seen.set(fold(part), part);
		}
		return null;
	};
}

/** The tracked path that a shared path would cover or lie below, if any. */
export function trackedShared(paths: Iterable<string>, shared: readonly string[]): string | null {
	const wanted = shared.map(normalShared);
	for (const path of paths) {
		const hit = wanted.find((one) => path === one || path.startsWith(`${one}/`) || one.startsWith(`${path}/`));
		if (hit !== undefined) return hit;
	}
	return null;
}

/** `./data/` → `data` */
export function normalShared(path: string): string {
	return path
		.split("/")
		.filter((part) => part !== "" && part !== ".")
		.join("/");
}
