// What an approver reads before the card: an intro, the files with their sentences, the diff in pieces that fit the channel. All of a
// builder's text is untrusted: it is shown as text, and no markup, mention or fence of its own survives.
import type { Swap } from "./swap.js";

/** Of one channel, in characters. */
export interface ReviewLimits {
	readonly message: number;
	/** Pieces of diff that a channel is sent at most. */
	readonly pieces: number;
}

export interface Review {
	readonly intro: string;
	readonly files: readonly string[];
	/** Pieces of the diff, each at most `limits.message` characters with its fence. */
	readonly pieces: readonly string[];
	/** False where pieces were left out. */
	readonly whole: boolean;
}

/** `diff` is the stored one, which may itself have been cut. */
export function reviewOf(_swap: Swap, _diff: string, _limits: ReviewLimits): Review {
	return { intro: "", files: [], pieces: [], whole: false };
}
