// Everything that was journaled, in one order, for readers who come back: after a number, they get what they missed.
import type { FeedReading } from "./beside.js";
import type { Engine } from "./context.js";

export function createFeedReading({ ports }: Engine): FeedReading {
	const { journal } = ports;
	return {
		feed: (request) => journal.feed(request),
		feedEnd: () => journal.feedEnd(),
		figures: () => journal.figures(),
	};
}
