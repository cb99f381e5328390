// What `init --agent` remembers of its own changes, in the state folder: so that `--remove` gives back the very bytes that were there.
// Without it, or where a file was edited since, our entries are taken out one by one.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileRecord = z.object({
	/** Whose connection needs the file. */
	agents: z.array(z.string()),
	/** Of the text that we left. */
	sha256: z.string(),
	/** Null: the file is ours. Otherwise what stood at `from` instead of `length` characters of ours. */
	undo: z.object({ from: z.number(), length: z.number(), removed: z.string() }).nullable(),
});

const schema = z.object({
	schemaVersion: z.literal(1),
	files: z.record(z.string(), fileRecord),
	/** Folders that we made, from the repository's folder. */
	folders: z.array(z.string()),
});

export type FileRecord = z.infer<typeof fileRecord>;
export type Memory = Pick<z.infer<typeof schema>, "files" | "folders">;

export const memoryPathOf = (stateDir: string) => join(stateDir, "agents.json");

/** Nothing where there is none, or none that can be read: it only makes removal exact. */
export async function readMemory(stateDir: string | null): Promise<Memory> {
	const nothing = { files: {}, folders: [] };
	if (stateDir === null) return nothing;
	try {
		return schema.parse(JSON.parse(await readFile(memoryPathOf(stateDir), "utf8")));
	} catch {
		return nothing;
	}
}

export function textOfMemory({ files, folders }: Memory): string {
	return `${JSON.stringify({ schemaVersion: 1, files, folders }, null, 2)}\n`;
}

export function recordOf(agents: readonly string[], before: string | null, after: string): FileRecord {
	return { agents: [...agents], sha256: digest(after), undo: before === null ? null : undoOf(before, after) };
}

/** What stood there before us. Undefined where somebody edited the file since. */
export function originalOf(record: FileRecord, text: string): string | null | undefined {
	if (record.sha256 !== digest(text)) return undefined;
	const { undo } = record;
	return undo && text.slice(0, undo.from) + undo.removed + text.slice(undo.from + undo.length);
}

function undoOf(before: string, after: string): FileRecord["undo"] {
	const most = Math.min(before.length, after.length);
	let from = 0;
	while (from < most && before[from] === after[from]) from += 1;
	let tail = 0;
	while (tail < most - from && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
	return { from, length: after.length - from - tail, removed: before.slice(from, before.length - tail) };
}

function digest(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}
