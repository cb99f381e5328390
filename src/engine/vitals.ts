// Whether this supervisor can still decide: its journal answers, and takes what is decided. Asks cheaply; changes nothing.
import { limits } from "../core/limits.js";
import { within } from "../ports/waiting.js";
import type { Engine } from "./base/context.js";
import type { Store } from "./base/store.js";

/** What kind of thing is wrong, as a clause; null: nothing. */
export async function unhealthyFor({ ports }: Engine, store: Store): Promise<string | null> {
	if (store.isBehind()) return "the journal cannot be written";
	const { sleep } = ports.clock;
	const asked = ports.journal.nextDueMs().then(
		() => null,
		() => "the journal cannot be read",
	);
	return within(asked, { sleep, limitMs: limits.vitalsMs, late: () => "the journal does not answer" });
}
