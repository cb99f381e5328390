// What a trial of the crash matrix has come to: everything must belong to one version. Knows only two good ends, all old and all new.
import { execFile } from "node:child_process";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import type { Story } from "./trial.js";

const execFileAsync = promisify(execFile);

export interface Judgement {
	readonly end: "old" | "new" | "mixed";
	readonly why: string;
}

interface End {
	readonly status?: string;
	readonly code?: string;
	readonly candidateRelease?: string;
	readonly cause?: unknown;
	readonly notes?: unknown;
	readonly promotion?: { readonly state: string } | null;
}

interface Seen {
	readonly status: string;
	readonly release: string;
	/** The branch is what it was: the same commit, or the same tree where a host in place only ever goes forward. */
	readonly isBase: boolean;
	readonly schema: number;
	readonly seeds: string;
	readonly check: string;
	/** Of the files beside the database: "old", "new", or what is there. */
	readonly files: string;
	/** What this story runs from beside the release, as one word: "old", "new", "none", or what is wrong. */
	readonly private: string;
	readonly checkout: string;
	readonly template: string;
}

const seedsBefore = Array.from({ length: 20 }, (_, row) => `${row + 1}:0`).join();
const seedsAfter = seedsBefore.replace("1:0,2:0", "1:2");

/** Status, live release, link, branch, schema, rows, files, private folders, checkout, template. */
export async function judge(root: string, story: Story, printed: string): Promise<Judgement> {
	const { end, live } = JSON.parse(printed) as { end: End; live: { release: string } };
	const seen: Seen = {
		status: end.status ?? end.code ?? "",
		release: live.release,
		isBase: await isBase(root, story),
		...readRows(join(root, "data", "app.db")),
		files: await filesOf(join(root, "data", "uploads")),
		private: story.startsWith("agent") ? await privateOf(root) : "none",
		checkout: story.startsWith("inPlace")
			? await checkoutOf(root)
			: story === "confirm"
				? await followedOf(root)
				: "none",
		template: story === "agentConfirm" ? await templateOf(root, end) : "none",
	};
	const why = JSON.stringify({ ...seen, cause: end.cause, notes: end.notes });
	if (isNew(seen, end)) return { end: "new", why };
	return { end: isOld(seen) ? "old" : "mixed", why };
}

async function isBase(root: string, story: Story): Promise<boolean> {
	const git = gitIn(root);
	const what = story.startsWith("inPlace") ? "^{tree}" : "";
	return (await git("rev-parse", `main${what}`)) === (await git("rev-parse", `base${what}`));
}

const belongs = (word: string, wanted: string) => word === "none" || word === wanted;

function isNew(seen: Seen, end: End): boolean {
	const data = seen.schema === 2 && seen.seeds === seedsAfter && seen.check === "ok" && seen.files === "new";
	const code = [seen.private, seen.checkout, seen.template].every((word) => belongs(word, "new"));
	return data && code && seen.status === "finalized" && seen.release === end.candidateRelease && !seen.isBase;
}

function isOld(seen: Seen): boolean {
	const data = seen.schema === 1 && seen.seeds === seedsBefore && seen.check === "ok" && seen.files === "old";
	const code = [seen.private, seen.checkout, seen.template].every((word) => belongs(word, "old"));
	const ended = ["rolled_back", "drafting", "baseline_unproven"].includes(seen.status);
	return data && code && ended && seen.release.startsWith("base-") && seen.isBase;
}

/** The folders as the agent sees them, through whatever link leads there. */
async function privateOf(root: string): Promise<string> {
	const skills = join(root, "private", "skills");
	const word = wordOf(await read(join(skills, "skill.md")), "one\n", "two\n");
	const mode = (await lstat(join(skills, "mine.sh"))).mode & 0o111;
	const empty = (await readdir(join(skills, "empty"))).length;
	const memory = await read(join(root, "groups", "agent", "memory.md"));
	return mode !== 0 && empty === 0 && memory === "remembered\n" ? word : "something of the agent's own was lost";
}

/** The operator's own files, what is built, and what git says of them. */
async function checkoutOf(root: string): Promise<string> {
	const words = [
		wordOf((await read(join(root, "program.cjs"))).match(/const VERSION = \d/)?.[0] ?? "", ...versions),
		wordOf((await read(join(root, "out", "version"))).trim(), ...versions),
	];
	const dependency = await read(join(root, "node_modules", "dependency", "file"));
	const status = await gitIn(root)("status", "--porcelain");
	if (dependency !== "1\n") return `the dependencies read ${JSON.stringify(dependency)}`;
	if (status !== "") return `git says ${status}`;
	return words[0] === words[1] ? (words[0] ?? "") : `the code is ${words[0]}, what is built is ${words[1]}`;
}

/** The checkout of the branch, with an edit of the operator in another file. */
async function followedOf(root: string): Promise<string> {
	const git = gitIn(root);
	const status = await git("status", "--porcelain");
	if (status !== "M skills/skill.md") return `git says ${status}`;
	if ((await read(join(root, "skills", "skill.md"))) !== "mine\n") return "the operator's edit was lost";
	const waiting = await git("for-each-ref", "refs/deadman/confirmed");
	if (waiting !== "") return `waits: ${waiting}`;
	return wordOf((await read(join(root, "program.cjs"))).match(/const VERSION = \d/)?.[0] ?? "", ...versions);
}

const versions = ["const VERSION = 1", "const VERSION = 2"] as const;

/** Applied once it was asked for; before that as it was. */
async function templateOf(root: string, { promotion }: End): Promise<string> {
	const word = wordOf(`${await gitIn(root)("show", "main:skills/skill.md")}\n`, "one\n", "two\n");
	return promotion?.state === "applied" || promotion == null ? word : `the promotion is ${promotion.state}`;
}

function wordOf(text: string, old: string, next: string): string {
	if (text.replace(/;$/, "") === old) return "old";
	return text.replace(/;$/, "") === next ? "new" : JSON.stringify(text);
}

function read(path: string): Promise<string> {
	return readFile(path, "utf8").catch(() => "");
}

/** Nothing else may be among them, such as half a copy. */
async function filesOf(folder: string): Promise<string> {
	const names = (await readdir(folder)).sort();
	const contents = await Promise.all(names.map((name) => read(join(folder, name))));
	const all = names.map((name, index) => `${name}:${contents[index]}`).join();
	if (all === "changed:one,kept:one,removed:one") return "old";
	return all === "added:two,changed:two,kept:one" ? "new" : all;
}

function readRows(file: string): Pick<Seen, "schema" | "seeds" | "check"> {
	const db = new Database(file, { readonly: true });
	try {
		const rows = db.prepare("SELECT id, version FROM rows WHERE id <= 20 ORDER BY id").all() as {
			id: number;
			version: number;
		}[];
		return {
			schema: db.pragma("user_version", { simple: true }) as number,
			seeds: rows.map((row) => `${row.id}:${row.version}`).join(),
			check: db.pragma("integrity_check", { simple: true }) as string,
		};
	} finally {
		db.close();
	}
}

export function gitIn(root: string) {
	return async (...args: string[]): Promise<string> => {
		const { stdout } = await execFileAsync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
			cwd: root,
		});
		return stdout.trim();
	};
}
