// Whether this approver was shown every changed byte of this submission on the surface where they approve it. Decided from what was
// recorded alone: what of the change is text at all, where its pieces arrived, and what a reader says to have read.
import { type Destination, isSamePlace } from "../asked.js";
import { printableLine } from "../rules/printable.js";
import type { ChangedFile, Swap, Unshown } from "../swap.js";

/** How a surface showed the diff: `read` from beginning to end at a terminal or by a program, or in pieces in the place of a card. */
export type Sight =
	| { readonly kind: "read"; readonly sha256: string }
	| { readonly kind: "place"; readonly at: Destination };

/** Null: shown in full; else a clause that says why not. Without a sight, the surface showed nothing. */
export function unseen(swap: Pick<Swap, "proposal" | "shownAt">, sight: Sight | null): string | null {
	const hidden = unreadable(swap);
	if (hidden !== null) return hidden;
	if (sight === null) return "its diff was not shown here";
	if (sight.kind === "read") return sight.sha256 === swap.proposal?.shown?.sha256 ? null : "another diff was read";
	const arrived = (swap.shownAt ?? []).some((at) => isSamePlace(at, sight.at));
	return arrived ? null : "its diff was not shown here in full";
}

/** What no surface could show; null where all of it is text. A submission that does not say counts as unread. */
export function unreadable({ proposal }: Pick<Swap, "proposal">): string | null {
	if (proposal?.shown?.whole === true) return null;
	return "its diff was not shown in full";
}

const namedFiles = 5;

/** Sentences that name what is not shown, with what it can be compared by. */
export function unshownLines(files: readonly ChangedFile[], most = namedFiles): readonly string[] {
	const hidden = files.filter(({ unshown }) => unshown !== undefined);
	const lines = hidden.slice(0, most).map((file) => unshownLine(file));
	return hidden.length > most ? [...lines, `And ${hidden.length - most} more files that are not shown.`] : lines;
}

export const reasons: Readonly<Record<Unshown["why"], string>> = {
	binary: "is no text",
	too_large: "is too large to be compared",
	cut: "does not fit into the review",
	secret: "holds what looks like a secret and was taken out",
	hidden_characters: "holds characters that cannot be seen",
};

function unshownLine({ path, unshown }: ChangedFile): string {
	return unshown === undefined ? "" : `${printableLine(path)} ${reasons[unshown.why]}: ${sidesOf(unshown)}.`;
}

/** `1,234 bytes, git blob 3f2a…`, and what stood there before. */
export function sidesOf({ before, after }: Pick<Unshown, "before" | "after">): string {
	const now = after === null ? "deleted" : `${after.bytes} bytes, git blob ${after.hash}`;
	return before === null ? now : `${now}; before ${before.bytes} bytes, git blob ${before.hash}`;
}
