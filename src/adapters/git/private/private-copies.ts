// The port PrivateCopies: an agent's folders taken over, and their live content as a commit. Only joins the parts.
import { type Refusal, RefusedError } from "../../../core/refusals.js";
import type { PrivateCopies } from "../../../ports/ports.js";
import { createQueue } from "../../../ports/waiting.js";
import { adoptPlaces } from "./private-adopt.js";
import { type PrivateOptions, preparePrivate, targetQueue } from "./private-context.js";
import { makeOverlay } from "./private-overlay.js";

export type { PrivateOptions } from "./private-context.js";

/** What is live lies in `<targetDir>/current`; overlays are kept in the own repository under `refs/deadman/overlays/<name>/`. */
export function createPrivateCopies(options: PrivateOptions): PrivateCopies {
	const reading = createQueue();
	const changing = targetQueue(options.targetDir);
	return {
		adopt: (head) => changing(() => refusing(async () => adoptPlaces(await preparePrivate(options), head))),
		overlay: (request) => reading(() => refusing(async () => makeOverlay(await preparePrivate(options), request))),
	};
}

async function refusing<T>(work: () => Promise<T | Refusal>): Promise<T | Refusal> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof RefusedError) return error.refusal;
		throw error;
	}
}
