// What a move between two releases touches in the checkout: each path with what lies there before and after, byte for byte. A file with one line for each.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Files } from "../../../ports/ports.js";
import { inParts } from "../repository/listing.js";
import type { Kit } from "./in-place-context.js";

export const hash = z.string().regex(/^[0-9a-f]{40,64}$/);
export const releaseRef = z.object({ id: z.string().min(1), commit: hash, tree: hash });
const blob = z.object({ mode: z.string(), oid: hash });
const owner = { bits: z.number(), uid: z.number(), gid: z.number() };

const header = z.object({
	schemaVersion: z.literal(1),
	previous: releaseRef,
	candidate: releaseRef,
	/** The commit that the branch was at, and whose files were there. */
	base: hash,
	/** `before`: something lay there; `after`: the candidate has it. */
	outputs: z.array(z.object({ path: z.string(), before: z.boolean(), after: z.boolean() })),
	/** Folders around touched paths, so that none is lost that was empty or becomes so. Parents first. */
	folders: z.array(z.object({ path: z.string(), ...owner })),
});

const entry = z.object({
	path: z.string().min(1),
	/** In the trees. */
	before: blob.nullable(),
	after: blob.nullable(),
	/** In the checkout: the bytes as they lie there, with the operator's line endings. */
	was: blob.extend(owner).nullable(),
	becomes: blob.nullable(),
});

export type PlanEntry = z.output<typeof entry>;
export type PlanFolder = z.output<typeof header>["folders"][number];
export type PlanOutput = z.output<typeof header>["outputs"][number];
export type InPlacePlan = z.output<typeof header> & { readonly entries: readonly PlanEntry[] };

export type Side = "candidate" | "previous";

export function writePlan(files: Files, kit: Kit, { entries, ...rest }: InPlacePlan): Promise<void> {
	const lines = [header.parse(rest), ...entries].map((one) => `${JSON.stringify(one)}\n`);
	return files.writeAtomic(kit.plan, lines.join(""));
}

/** Null where there is none. */
export async function readPlan(kit: Kit): Promise<InPlacePlan | null> {
	const text = await readFile(kit.plan, "utf8").catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return null;
		throw error;
	});
	if (text === null) return null;
	const [first = "", ...lines] = text.trimEnd().split("\n");
	const entries: PlanEntry[] = [];
	await inParts(lines, (line) => void entries.push(entry.parse(JSON.parse(line))));
	return { ...header.parse(JSON.parse(first)), entries };
}
