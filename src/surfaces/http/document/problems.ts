// The errors of the document: one response per status, with the codes that come with it, and which of them a row can answer.
import { type RefusalKind, refusals } from "../../../core/refusals.js";
import { statusOf } from "../base/answers.js";
import { problemType } from "../base/problem.js";
import type { Route } from "../base/route.js";

const names: Readonly<Record<RefusalKind, string>> = {
	usage: "Usage",
	not_found: "NotFound",
	not_allowed: "NotAllowed",
	unauthenticated: "Unauthenticated",
	conflict: "Conflict",
	too_many: "TooMany",
};

const content = { [problemType]: { schema: { $ref: "#/components/schemas/Problem" } } };

function codesOf(kind: RefusalKind): string {
	const codes = Object.entries(refusals).flatMap(([code, entry]) => (entry.kind === kind ? [`\`${code}\``] : []));
	return `With one of the codes ${codes.join(", ")}.`;
}

const kinds = Object.keys(names) as RefusalKind[];

export const responses = {
	...Object.fromEntries(kinds.map((kind) => [names[kind], { description: codesOf(kind), content }])),
	TooLarge: { description: "The body is too large.", content },
	Internal: { description: "It failed inside the supervisor: with the code `internal`.", content },
};

export function isWriting({ method }: Route): boolean {
	return method !== "get";
}

/** Of the refusals that a row can meet at all; which codes they have is the kind's. */
export function problemsFor(row: Route): Record<string, { readonly $ref: string }> {
	const open = row.allow === "anyone";
	const about = row.path.includes("{") || row.path.startsWith("/v1/");
	const met: Readonly<Record<RefusalKind, boolean>> = {
		usage: !open,
		not_found: about,
		not_allowed: true,
		unauthenticated: true,
		conflict: isWriting(row) || about,
		too_many: true,
	};
	const found = kinds.filter((kind) => met[kind]).map((kind) => [statusOf[kind], ref(names[kind])]);
	const large = row.body === undefined ? [] : [[413, ref("TooLarge")]];
	return Object.fromEntries([...found, ...large, [500, ref("Internal")]]);
}

function ref(name: string) {
	return { $ref: `#/components/responses/${name}` };
}
