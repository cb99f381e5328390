// What a builder can do after an outcome, as an instruction that an agent can follow without asking anybody else.
import { isExpired, isWithdrawn } from "../machine/standing.js";
import { printableLine } from "../rules/printable.js";
import type { Swap } from "../swap.js";

export type OutcomeKind = "kept" | "rolled_back" | "refused" | "failed" | "stranded";

export function nextFor(swap: Swap, outcome: OutcomeKind): string {
	switch (outcome) {
		case "kept":
			return "Nothing: it is live for good. Take a new workspace for the next change.";
		case "stranded":
			return "Nothing that you can do: an operator has to bring the previous version back. Propose nothing until then.";
		case "failed":
			return `Fix what the log shows${where(swap)}, commit, and ${again(swap)}; nothing of it went live.`;
		case "refused":
			return afterRefusal(swap);
		case "rolled_back":
			return afterRollback(swap);
	}
}

function afterRefusal(swap: Swap): string {
	if (isWithdrawn(swap)) return "Nothing: it was taken back. Propose the change again when it is ready.";
	if (isExpired(swap)) {
		return "Nobody approved it in time, which says nothing against the change: tell the operator, then request the swap again.";
	}
	return `Do what the reason asks for${where(swap)}, commit, and ${again(swap)}; ${refused}.`;
}

function afterRollback(swap: Swap): string {
	const code = swap.cause?.code ?? "";
	if (code === "deadline_passed") {
		return `Nobody confirmed it in time, which need not be a fault of the change. Ask the operator to propose the same tree with --insist, or improve it${where(swap)}, commit, and ${again(swap)}; ${refused}.`;
	}
	if (code === "rollback_requested") {
		return `A person brought the previous version back: do what the cause asks for${where(swap)}, commit, and ${again(swap)}; ${refused}.`;
	}
	return `Fix what the cause and the log show${where(swap)}, commit, and ${again(swap)}; ${refused}.`;
}

const refused = "the same tree will be refused";

function where({ workspace }: Swap): string {
	return workspace === null ? "" : ` in workspace ${printableLine(workspace)}`;
}

function again({ workspace }: Swap): string {
	return workspace === null ? "propose the new commit" : "request the swap again";
}
