// The port PrivateCopies: an agent's folders taken over, and their live content as a commit. Only joins the parts; one call at a time.
import { type Refusal, RefusedError } from "../../core/refusals.js";
import type { PrivateCopies } from "../../ports.js";
import { adoptPlaces } from "./private-adopt.js";
import { type PrivateContext, type PrivateOptions, preparePrivate } from "./private-context.js";
import { makeOverlay } from "./private-overlay.js";
import { createQueue } from "./queue.js";

export type { PrivateOptions } from "./private-context.js";

/** What is live lies in `<targetDir>/current`; overlays are kept in the own repository under `refs/deadman/overlays/<name>/`. */
export function createPrivateCopies(options: PrivateOptions): PrivateCopies {
	const queue = createQueue();
	const job = <T>(work: (context: PrivateContext) => Promise<T | Refusal>) =>
		queue(async () => {
			try {
				return await work(await preparePrivate(options));
			} catch (error) {
				if (error instanceof RefusedError) return error.refusal;
				throw error;
			}
		}) as Promise<T | Refusal>;
	return {
		adopt: (head) => job<null>((context) => adoptPlaces(context, head)),
		overlay: (request) => job((context) => makeOverlay(context, request)),
	};
}
