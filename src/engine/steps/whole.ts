// Whether what is live belongs together, and to this swap: looked at before anything of it is started or kept. Another life may have gone back without
// the journal, and an older journal may have been put in the place of a newer one (F35).
import { type Cause, causeOf } from "../../core/swap.js";
import { candidateOf, type Part } from "./step.js";

/** Why the candidate must be neither started nor kept; null where all that can be asked speaks of it. */
export async function mismatchOf(parts: readonly Part[]): Promise<Cause | null> {
	for (const part of parts) {
		const what = await mixedIn(part);
		if (what !== null) return causeOf("state_mixed", `What is live is not what the journal says: ${what}.`);
	}
	return null;
}

async function mixedIn(part: Part): Promise<string | null> {
	const { programs, releases, snapshots } = part.engine.ports;
	const { id } = candidateOf(part);
	const current = await releases.current();
	if (current !== id) return `${current ?? "no release"} is current, and not ${id}`;
	const live = await releases.readLive();
	// Lost, or kept already: then the journal decides.
	const named = live?.trial?.candidate.id ?? live?.release.id ?? id;
	if (named !== id) return `live.json names ${named}, and not ${id}`;
	const other = (await programs.running()).find(({ release }) => release !== id);
	if (other !== undefined) return `a program of ${other.release} runs, and not of ${id}`;
	const { started, restored } = await snapshots.generation(part.swap.id);
	const isRestored = started !== null && restored !== null && restored >= started;
	return isRestored ? "the data was put back to what it was before its last start" : null;
}
