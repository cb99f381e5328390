// Whether builders and approvers can be told apart in this set-up, for the start, `status` and `doctor`.
import type { Settings } from "../config/config.js";
import { notApart } from "../core/people/apart.js";
import { type Refusal, refuse } from "../core/refusals.js";
import type { Finding, Releases } from "../ports/ports.js";

type Configured = Pick<Settings, "program" | "policy">;

/** A clause; null: they can, or the system knows no users. */
export function whyNotApart({ program }: Configured, own = process.getuid?.()): string | null {
	if (own === undefined) return null;
	const { user = null } = program as { readonly user?: string | number | null };
	return notApart({ own, program: user, runsProgram: program.command !== null });
}

/** Nothing begins where the policy wants them apart and they are not; a trial that runs is still seen to its end. */
export async function apartRefusal(
	{ releases }: { readonly releases: Pick<Releases, "readLive"> },
	settings: Configured,
): Promise<Refusal | null> {
	const why = whyNotApart(settings);
	if (settings.policy.separation !== "required" || why === null) return null;
	const live = await releases.readLive().catch(() => null);
	return live !== null && live.trial !== null ? null : refuse("people_not_apart", { why });
}

export function apartFinding(settings: Configured): Finding {
	const why = whyNotApart(settings);
	const isWanted = settings.policy.separation === "required";
	if (why === null) {
		const sentence = "The program has a user of its own, which the supervisor's doors know from people.";
		return { name: "people", level: "ok", sentence, next: null };
	}
	return {
		name: "people",
		level: isWanted ? "bad" : "warn",
		sentence: `Builders and people cannot be told apart: ${why}.`,
		next: "Give the program, and whoever builds, a user of their own; docs/security.md says who can do what.",
	};
}
