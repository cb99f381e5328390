// The card that offers the template: "Apply to template / Keep local", and what became of it.

import type { Authority } from "../people/people.js";
import { pathList } from "../rules/evidence.js";
import { printableLine } from "../rules/printable.js";
import { sentence } from "../rules/untrusted.js";
import type { Promotion, Swap } from "../swap.js";
import type { Face } from "./card-face.js";
import { whoIs } from "./who.js";

export function promotionFace(swap: Swap, authority: Authority): Face {
	const { promotion } = swap;
	const open = promotion?.state === "offered";
	return {
		title: titleOf(swap.id, promotion?.state ?? null),
		lines: promotion === null ? [] : linesOf(swap, promotion, authority),
		buttons: open ? ["promote", "keep"] : [],
		expiresAtMs: null,
		decided: !open,
		phrase: null,
	};
}

function titleOf(id: string, state: Promotion["state"] | null): string {
	switch (state) {
		case "offered":
			return `${id} is kept. Apply it to the template too, or keep it local?`;
		case "approved":
			return `${id} is being applied to the template.`;
		case "applied":
			return `${id} was applied to the template.`;
		case "kept":
			return `${id} stays local: the template is as it was.`;
		case "refused":
			return `${id} could not be applied to the template, which is as it was.`;
		case null:
			return `${id} has nothing to apply to the template.`;
	}
}

function linesOf(swap: Swap, promotion: Promotion, authority: Authority): readonly string[] {
	const { state, paths, by, sentence: told } = promotion;
	const offer = [
		`Changes ${pathList(paths)}, as it was reviewed.`,
		"The template is what new agents start from; agents that exist keep what they have.",
	];
	const lines = [
		printableLine(swap.proposal?.summary ?? ""),
		...(state === "offered" ? offer : []),
		by === null ? "" : `Decided by ${whoIs(authority, by)}.`,
		told === null ? "" : sentence(told),
	];
	return lines.filter((line) => line !== "");
}
