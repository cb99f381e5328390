// Names of statuses as callers write them: repeated or separated by commas, and refused where no swap could ever have one.
import { isStatus, phases } from "../../../core/machine/phases.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Status } from "../../../core/swap.js";

export function statusesOf(names: readonly string[]): readonly Status[] | Refusal {
	const statuses: Status[] = [];
	for (const name of names.flatMap((text) => text.split(",")).map((text) => text.trim())) {
		if (!isStatus(name)) {
			return refuse("status_unknown", { status: JSON.stringify(name), known: Object.keys(phases).join(", ") });
		}
		statuses.push(name);
	}
	return statuses;
}
