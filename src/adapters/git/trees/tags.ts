// Tags for `git describe` in a release: the newest of those that lie below a commit, brought from the operator's repository. Nothing depends on them, so what fails is told and left.
import type { Log } from "../../../ports/ports.js";
import { fetchTagsArgs, tagsBelowArgs } from "../repository/argv.js";
import { asFlags, historicBlemishes } from "../repository/environment.js";
import { askOperator } from "../repository/operator.js";
import type { Own } from "../repository/own-repository.js";

/** A project has thousands, and `describe` asks for the nearest. */
export const MOST_TAGS = 200;

export async function fetchTags(own: Own, commit: string, log: Log): Promise<void> {
	try {
		const args = tagsBelowArgs(commit, MOST_TAGS);
		const theirs = tagsIn(await askOperator(own.operator.gitDir, own.layout).raw(args));
		// A merge of ours may be unknown to the operator's repository, and one of theirs to our own.
		const ours = tagsIn(await own.git.text(tagsBelowArgs(null, null)));
		const wanted = [...theirs].filter(([ref, oid]) => ours.get(ref) !== oid).map(([ref]) => ref);
		if (wanted.length === 0) return;
		const fetch = [...asFlags(historicBlemishes), ...fetchTagsArgs(own.operator.commonDir, wanted)];
		await own.git.run(fetch, { transport: "file" });
	} catch (error) {
		// A clone's commit, which the operator's repository never sees, has no tags there.
		if (/no such commit|malformed object name/.test(String(error))) return;
		log.warn("repository.tags", { commit, error: String(error) });
	}
}

function tagsIn(text: string): Map<string, string> {
	const lines = text.split("\n").filter((line) => line !== "");
	return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]));
}
