// What an approver should know of a proposed tree's dependencies, before anything is built. Reads objects of the own repository; runs nothing of the tree.
import { isRefusal, RefusedError } from "../../../core/refusals.js";
import { type WishTexts, wishFiles } from "../../../core/rules/node-wishes.js";
import { blobArgs } from "../repository/argv.js";
import type { DependencyContext } from "./dependency-context.js";
import { nodeOf } from "./dependency-key.js";
import { locks } from "./install-command.js";
import { topEntries } from "./tracked-inputs.js";
import { troublesOf } from "./troubles.js";

const MOST_BYTES = 1024 * 1024;

export async function adviceOn(context: DependencyContext, tree: string): Promise<readonly string[]> {
	if (context.settings.install === null) return [];
	const entries = await topEntries(context, tree, [...new Set([...locks, "bun.lock", ...wishFiles])]);
	const texts: Record<string, string> = {};
	for (const name of wishFiles) {
		const [mode = "", kind, oid] = (entries.get(name) ?? "").split(" ");
		if (kind !== "blob" || oid === undefined || mode === "120000") continue;
		texts[name] = await context.own.git.text(blobArgs(oid));
	}
	const { version, missing } = await versionOf(context);
	const looks = { names: new Set(entries.keys()), texts: bounded(texts), install: context.settings.install, version };
	const troubles = troublesOf(looks).map(({ sentence, next }) => `${sentence} ${next}`);
	return missing === null ? troubles : [missing, ...troubles];
}

/** A file that nobody writes by hand is not read as one. */
function bounded(texts: Readonly<Record<string, string>>): WishTexts {
	return Object.fromEntries(Object.entries(texts).filter(([, text]) => text.length <= MOST_BYTES));
}

async function versionOf(context: DependencyContext) {
	try {
		return { version: (await nodeOf(context)).version, missing: null };
	} catch (error) {
		if (!(error instanceof RefusedError) || !isRefusal(error.refusal)) throw error;
		return { version: null, missing: `${error.refusal.message} ${error.refusal.next}` };
	}
}
