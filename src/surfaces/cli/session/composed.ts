// The one place of the command line that loads the supervisor's code, and only for commands that cannot do without.
import type { Compose, Examine, Inspect, Protect } from "../../composition.js";

interface Parts {
	readonly compose: Compose;
	readonly examine: Examine;
	readonly inspect: Inspect;
	readonly protect: Protect;
}

export async function loadComposed(): Promise<Parts> {
	return import("../../../compose/compose.js");
}
