// Where faults can be planted: what a story's trace names, as far as one trial of it tells something that another does not.
import { isBaseline, type Story } from "./trial.js";

export const allStories: readonly Story[] = [
	"baseline",
	"rollback",
	"probation",
	"confirm",
	"exit",
	"agentBaseline",
	"inPlaceBaseline",
	"agent",
	"agentConfirm",
	"inPlace",
	"inPlaceConfirm",
];
export const moments = ["before", "after"] as const;
/** Of a site that comes again and again, the first two occurrences: such as the flip forward and the flip back. Probes: the first. */
const occurrences = 2;

export interface Place {
	readonly site: string;
	readonly occurrence: number;
}

export function parse(place: string): Place {
	const [site = "", occurrence = "1"] = place.split("#");
	return { site, occurrence: Number(occurrence) };
}

export function isWanted({ site, occurrence }: Place, story: Story): boolean {
	if (isBaseline(story)) return occurrence === 1 && baselineSites.test(site);
	if (site.startsWith("mail.")) return occurrence === 1 && (story === "rollback" || story === "confirm");
	// Elsewhere a verdict may come before the trial is looked at for the first time, in the trace or in the trial.
	if (site === "probation.probe") return occurrence === 1 && story === "probation";
	return occurrence <= (site.endsWith(".probe") ? 1 : occurrences);
}

/** Of private folders what takes them over, of a checkout what puts down that it is taken as it is. */
const baselineSites =
	/^((baseline|keeper)\.|dependencies\.keep$|privates\.(copy|sync|switch|aside|link)$|inPlace\.settle$)/;

/** What an earlier story has shown of this place; a baseline is another matter. */
export function keyOf(place: string, story: Story): string {
	return isBaseline(story) ? `baseline ${place}` : place;
}

/** The other ways to activate meet every step anew, a confirm every message: there one fault is enough, the effects inside have all faults of their own. */
export function isAgain({ site }: Place, story: Story): boolean {
	if (story === "confirm") return site.startsWith("mail.");
	return !isBaseline(story) && /^(agent|inPlace)/.test(story) && /^(cutOver|rollBack|promote)\./.test(site);
}

/** Behind an exit nothing of that life happens any more. */
export function momentsOf({ site }: Place): readonly ("before" | "after")[] {
	return site.endsWith(".exit") ? ["before"] : moments;
}

/** No story comes there while the journal can be written: starts.errors.ts fails it and kills there. */
export const withoutJournal: ReadonlySet<string> = new Set(["emergency.append"]);
