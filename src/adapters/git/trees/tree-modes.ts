// Finds modes that git stores but shows as harmless ones: set-id bits, devices, pipes. Reads the trees' own bytes, as `ls-tree` and `fsck` hide them.
import type { Git } from "../repository/git.js";
import { inParts } from "../repository/listing.js";
import type { Problem } from "./path-rules.js";

interface Folder {
	readonly oid: string;
	/** With a slash at its end; empty for the root. */
	readonly prefix: string;
}

/** The first such entry of the tree or of a folder below, or null. */
export async function oddMode(git: Git, tree: string): Promise<Problem | null> {
	const folders = await foldersOf(git, tree);
	const { stdout } = await git.run(["cat-file", "--batch"], { input: folders.map(({ oid }) => `${oid}\n`).join("") });
	let problem: Problem | null = null;
	let at = 0;
	await inParts(folders, ({ oid, prefix }) => {
		const start = stdout.indexOf(10, at) + 1;
		const bytes = Number(stdout.subarray(at, start).toString("latin1").trim().split(" ")[2]);
		const found = problem ?? oddEntry(stdout.subarray(start, start + bytes), oid.length / 2);
		problem ??= found === null ? null : { path: `${prefix}${found.path}`, reason: found.reason };
		at = start + bytes + 1;
	});
	return problem;
}

async function foldersOf(git: Git, tree: string): Promise<Folder[]> {
	const root = await git.text(["rev-parse", "--verify", "--quiet", "--end-of-options", `${tree}^{tree}`]);
	const { stdout } = await git.run(["ls-tree", "-r", "-d", "-z", "--full-tree", root]);
	const lines = stdout
		.toString("utf8")
		.split("\0")
		.filter((line) => line.includes(" tree "));
	const below = lines.map((line) => {
		const tab = line.indexOf("\t");
		return { oid: line.slice(0, tab).split(" ")[2] ?? "", prefix: `${line.slice(tab + 1)}/` };
	});
	return [{ oid: root, prefix: "" }, ...below];
}

/** `<mode> SP <name> NUL <hash>`, again and again. */
function oddEntry(bytes: Buffer, hashBytes: number): Problem | null {
	for (let at = 0; at < bytes.length; ) {
		const blank = bytes.indexOf(32, at);
		const end = bytes.indexOf(0, blank);
		if (blank === -1 || end === -1) return { path: ".", reason: "its folder is malformed" };
		const mode = bytes.subarray(at, blank).toString("latin1");
		if (isOdd(mode))
			return { path: bytes.subarray(blank + 1, end).toString("utf8"), reason: `it has the mode ${mode}` };
		at = end + 1 + hashBytes;
	}
	return null;
}

const kinds: ReadonlySet<number> = new Set([0o100000, 0o120000, 0o040000, 0o160000]);

function isOdd(mode: string): boolean {
	const bits = Number.parseInt(mode, 8);
	return !kinds.has(bits & 0o170000) || (bits & 0o7000) !== 0;
}
