// How many event streams may be open at one time: of one door, and of one token, so that nobody takes all the places.
import { limits } from "../../../core/limits.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { actorName } from "../../../core/swap.js";
import type { Caller } from "../base/route.js";

export interface StreamPlaces {
	/** Takes a place; the returned function gives it back, once however often it is called. */
	take(caller: Caller): (() => void) | Refusal;
}

/** On the socket only the whole is counted: its callers name themselves. */
export function createStreamPlaces(): StreamPlaces {
	const taken = new Map<string, number>();
	let all = 0;
	return {
		take({ actor, confined }) {
			const name = actorName(actor);
			const mine = taken.get(name) ?? 0;
			if (confined && mine >= limits.streamsOfCaller) {
				return refuse("streams_full", { limit: limits.streamsOfCaller, whose: ` by ${name}` });
			}
			if (all >= limits.streams) return refuse("streams_full", { limit: limits.streams, whose: "" });
			all += 1;
			taken.set(name, mine + 1);
			let given = false;
			return () => {
				if (given) return;
				given = true;
				all -= 1;
				const left = (taken.get(name) ?? 1) - 1;
				if (left === 0) taken.delete(name);
				else taken.set(name, left);
			};
		},
	};
}
