// Who may say what, as one table: the page gives verdicts, a builder proposes and withdraws, a program says nothing (guarantee 7).
import { describe, expect, it } from "vitest";
import { authorise, type Verb } from "../../src/core/authority.js";
import type { Actor } from "../../src/core/swap.js";

const verbs: readonly Verb[] = ["propose", "withdraw", "approve", "reject", "confirm", "rollback", "extend", "replay"];

const allowed: Readonly<Record<Actor["surface"], readonly Verb[]>> = {
	cli: verbs,
	supervisor: verbs,
	page: ["approve", "reject", "confirm", "rollback", "extend"],
	builder: ["propose", "withdraw"],
	program: [],
};

describe.each(Object.entries(allowed))("%s", (surface, mine) => {
	it.each(verbs)("%s", (verb) => {
		const refusal = authorise({ surface: surface as Actor["surface"], id: "someone" }, verb);
		if (mine.includes(verb)) expect(refusal).toBeNull();
		else
			expect(refusal).toMatchObject({ code: "not_authorised", message: `${surface}:someone may not ${verb} a swap.` });
	});
});
