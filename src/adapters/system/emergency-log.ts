// The emergency log: one JSON line for each entry, in a file whose space is held from the start, so that a full disk takes it too. Knows nothing of
// what the entries mean, but for their shape.
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { EmergencyEntry, EmergencyLog, Files } from "../../ports/ports.js";
import { createQueue } from "../../ports/waiting.js";

/** Written over in place while it lasts: that needs no space. */
const RESERVED_BYTES = 64 * 1024;
const FILLER = "\n";

const ref = z.object({ id: z.string(), commit: z.string(), tree: z.string() });
const fact = z.looseObject({ type: z.string(), atMs: z.number() });
const entrySchema = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("facts"), swapId: z.string(), version: z.number(), facts: z.array(fact) }),
	z.object({
		kind: z.literal("undone"),
		swapId: z.string(),
		target: z.string(),
		previous: ref,
		atMs: z.number(),
		why: z.string(),
		code: z.literal("supervisor_killed").optional(),
	}),
	/** All before it stands in a journal. */
	z.object({ kind: z.literal("taken") }),
]);

type Line = z.infer<typeof entrySchema>;

/** `file`: made by `reserveEmergencyLog`, or by the first entry. */
export function createEmergencyLog({ file, files }: { readonly file: string; readonly files: Files }): EmergencyLog {
	/** One at a time: each is written behind the one before. */
	const inTurn = createQueue();

	async function write(line: Line | EmergencyEntry): Promise<void> {
		await mkdir(dirname(file), { recursive: true, mode: 0o700 });
		const isNew = !(await files.exists(file));
		const handle = await open(file, isNew ? "wx+" : "r+", 0o600);
		try {
			const end = endOf(await handle.readFile("utf8"));
			// Begun on a line of its own: what a death cut off before it stays apart.
			const start = end === 0 ? "" : FILLER;
			await handle.write(`${start}${JSON.stringify(line)}${FILLER}`, end);
			await handle.sync();
		} finally {
			await handle.close();
		}
		if (isNew) await files.syncFolder(dirname(file));
	}

	async function taken(): Promise<void> {
		if (linesOf(await read(file)).length === 0) return;
		await write({ kind: "taken" });
		// Only for tidiness: what is taken counts no more.
		await files.writeAtomic(file, FILLER.repeat(RESERVED_BYTES), 0o600).catch(() => {});
	}

	return {
		append: (entry) => inTurn(() => write(entry)),
		pending: () => inTurn(async () => pendingOf(linesOf(await read(file)))),
		taken: () => inTurn(taken),
	};
}

/** Holds the space for what may have to be written on a full disk. Where there is none now, entries take what there is then. */
export async function reserveEmergencyLog({ file, files }: { file: string; files: Files }): Promise<void> {
	if (await files.exists(file)) return;
	await files.writeAtomic(file, FILLER.repeat(RESERVED_BYTES), 0o600);
}

function endOf(text: string): number {
	return Buffer.byteLength(text.trimEnd());
}

async function read(file: string): Promise<string> {
	return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return "";
		throw error;
	});
}

function linesOf(text: string): Line[] {
	return text
		.split(FILLER)
		.filter((line) => line.trim() !== "")
		.flatMap((line) => parse(line) ?? []);
}

function parse(line: string): Line | null {
	try {
		return entrySchema.safeParse(JSON.parse(line)).data ?? null;
	} catch {
		return null;
	}
}

function pendingOf(lines: readonly Line[]): EmergencyEntry[] {
	const behind = lines.findLastIndex(({ kind }) => kind === "taken") + 1;
	return lines.slice(behind).filter((line) => line.kind !== "taken") as EmergencyEntry[];
}
