// What is known of a workspace beside its folder, where no builder writes: `<name>.json`. Its form, its reading and its durable writing.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import { isWorkspaceName, type WorkspaceContext } from "./workspace-context.js";

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);

const schema = z.object({
	schemaVersion: z.literal(1),
	name: z.string(),
	target: z.string(),
	kind: z.enum(["worktree", "clone"]),
	/** The commit that it was made from. */
	start: hash,
	/** Empty files of ours that stand in for secrets. */
	placeholders: z.array(z.string()),
	/** The commit that is being decided; null: not frozen. */
	frozen: hash.nullable(),
	/** `actorName` of the builder that it was made for; null: nobody's in particular, and all that older versions made. */
	owner: z.string().nullable().default(null),
	/** False while it is made and while it is removed. */
	whole: z.boolean(),
});

export type WorkspaceRecord = z.output<typeof schema>;

export const recordPath = ({ folder }: WorkspaceContext, name: string) => join(folder, `${name}.json`);

/** Permissions as they were before freezing. */
export const modesPath = ({ folder }: WorkspaceContext, name: string) => join(folder, `${name}.modes.json`);

/** Null when absent, torn or newer than this deadman. Rejects where it could not be read now: nobody is to be swept for that. */
export async function readRecord(context: WorkspaceContext, name: string): Promise<WorkspaceRecord | null> {
	const text = await readFile(recordPath(context, name), "utf8").catch(ifAbsent(""));
	try {
		const found = schema.parse(JSON.parse(text));
		return found.name === name ? found : null;
	} catch {
		return null;
	}
}

export async function writeRecord(context: WorkspaceContext, record: WorkspaceRecord): Promise<void> {
	await context.files.writeAtomic(recordPath(context, record.name), `${JSON.stringify(record)}\n`, 0o600);
}

/** The record goes last: until then a killed removal is known as one. */
export async function forget(context: WorkspaceContext, name: string): Promise<void> {
	await context.files.remove(modesPath(context, name));
	await context.files.remove(recordPath(context, name));
	await context.files.syncFolder(context.folder);
}

export async function allRecords(context: WorkspaceContext): Promise<WorkspaceRecord[]> {
	const files = (await readdir(context.folder)).filter((file) => /^[\w-]+\.json$/.test(file));
	const names = files.map((file) => file.slice(0, -".json".length)).filter(isWorkspaceName);
	const records = await Promise.all(names.map((name) => readRecord(context, name)));
	return records.filter((one) => one !== null);
}
