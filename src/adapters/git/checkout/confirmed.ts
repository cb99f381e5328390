// Confirmed commits that are not on the operator's branch: each under a ref there, with a note in the state folder, until the branch has it.
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Held, Unsettled } from "../../../ports/ports.js";
import type { Layout } from "../repository/layout.js";
import { type AdvanceContext, branchHead, contains, dropRef, refAt, sendObjects, setRef } from "./advance.js";
import { followHome } from "./follow-plan.js";

export function confirmedRef(name: string): string {
	return `refs/deadman/confirmed/${name}`;
}

const note = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	branch: z.string(),
	commit: z.string(),
	ref: z.string(),
	command: z.string(),
});

const ENDING = ".waits.json";

function notePath(layout: Layout, name: string): string {
	return join(followHome(layout), `${name}${ENDING}`);
}

export interface Waiting {
	readonly name: string;
	readonly swapId: string;
	readonly branch: string;
	readonly expected: string;
	readonly to: string;
	/** Where the operator has to act. */
	readonly folder: string;
}

/** The ref first: a note never names what is not there. */
export async function keepConfirmed(context: AdvanceContext, waiting: Waiting): Promise<Pick<Held, "ref" | "command">> {
	const { own, files } = context;
	const { name, swapId, branch, expected, to: commit } = waiting;
	const ref = confirmedRef(name);
	const command = commandFor(waiting, own.operator.root);
	await sendObjects(context, { to: commit, expected });
	await setRef(context, ref, commit);
	await mkdir(followHome(own.layout), { recursive: true });
	await files.writeAtomic(
		notePath(own.layout, name),
		JSON.stringify({ schemaVersion: 1, swapId, branch, commit, ref, command }),
	);
	return { ref, command };
}

function commandFor({ name, folder }: Waiting, root: string): string {
	const place =
		folder === root ? "" : `-C ${/^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`} `;
	return `git ${place}merge ${confirmedRef(name)}`;
}

/** Whether there is anything to ask git about. */
export async function anyWaiting(layout: Layout): Promise<boolean> {
	return (await notes(layout)).length > 0;
}

async function notes(layout: Layout): Promise<string[]> {
	const names = await readdir(followHome(layout)).catch(() => []);
	return names
		.filter((name) => name.endsWith(ENDING) && !name.startsWith("."))
		.map((name) => join(followHome(layout), name));
}

/** Forgets those that the branch has by now; a ref that somebody deleted was settled by hand. */
export async function unsettled(context: AdvanceContext): Promise<Unsettled[]> {
	const { own, files } = context;
	const found: Unsettled[] = [];
	for (const path of await notes(own.layout)) {
		const { schemaVersion, ...waiting } = note.parse(JSON.parse(await readFile(path, "utf8")));
		if (await isSettled(context, waiting)) {
			await dropRef(context, waiting.ref);
			await files.remove(path);
		} else found.push(waiting);
	}
	return found.sort((one, other) => (one.swapId < other.swapId ? -1 : 1));
}

async function isSettled(context: AdvanceContext, { branch, ref, commit }: Unsettled): Promise<boolean> {
	if ((await refAt(context.own, ref)) === null) return true;
	const head = await branchHead(context, branch);
	return head !== null && (await contains(context, head, commit));
}
