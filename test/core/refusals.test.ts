// Every refusal is a value with a stable code, a whole sentence and a next step; nothing stays unfilled and nobody forges one.
import { describe, expect, it } from "vitest";
import { isRefusal, type RefusalCode, RefusedError, refusals, refuse } from "../../src/core/refusals.js";
import { placeholdersOf } from "../tidy/refusal-calls.js";

const codes = Object.keys(refusals) as RefusalCode[];

describe("every code", () => {
	it.each(codes)("%s is whole", (code) => {
		const { kind, message, next } = refusals[code];
		expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
		expect(["usage", "not_found", "not_allowed", "unauthenticated", "conflict", "too_many"]).toContain(kind);
		expect(message).toMatch(/^[A-Z{`].*[.}]$/);
		expect(next).toMatch(/^[A-Z`].*\.$/);
	});

	it.each(codes)("%s fills every place", (code) => {
		const details = Object.fromEntries(placeholdersOf(refusals[code]).map((name) => [name, `<${name}>`]));
		const { message, next } = refuse(code, details);
		expect(`${message} ${next}`).not.toMatch(/[{}]|unknown\)/);
		for (const filled of Object.values(details)) expect(`${message} ${next}`).toContain(filled);
	});

	it("says which detail is missing rather than printing a brace", () => {
		expect(refuse("swap_unknown").message).toBe("There is no swap (id unknown).");
	});

	it("takes details as they are: no pattern in them is filled again", () => {
		expect(refuse("swap_unknown", { id: "{path} $& $1" }).message).toBe("There is no swap {path} $& $1.");
	});
});

describe("isRefusal", () => {
	it("knows its own", () => expect(isRefusal(refuse("nothing_current"))).toBe(true));

	it.each([null, undefined, 0, "", "refused", [], {}, { refused: "yes" }, new Error("refused")])(
		"is false for %j",
		(value) => {
			expect(isRefusal(value)).toBe(false);
		},
	);
});

describe("RefusedError", () => {
	it("carries the refusal through doors that throw", () => {
		const refusal = refuse("swap_unknown", { id: "sw_abc234" });
		const error = new RefusedError(refusal);
		expect(error.refusal).toBe(refusal);
		expect(error.message).toBe("There is no swap sw_abc234. `deadman ls` shows them all.");
	});
});
