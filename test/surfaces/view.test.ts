// The one view of a swap: its keys and their order are an interface.
import { describe, expect, it } from "vitest";
import { arm } from "../../src/core/deadman.js";
import { factViewOf, viewOf } from "../../src/surfaces/view.js";
import { aSwap } from "../support/memory/supervisor.js";
import { now, wallMs } from "./doorway.js";

const keys = [
	"id",
	"status",
	"handshake",
	"classification",
	"summary",
	"files",
	"tree",
	"commit",
	"previousRelease",
	"candidateRelease",
	"deadman",
	"boots",
	"cause",
	"outcome",
	"discarded",
	"createdAt",
	"updatedAt",
];
const deadman = arm({ initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 600_000 }, now());

describe("viewOf", () => {
	it("has exactly the keys of the interface, in its order", () => {
		expect(Object.keys(viewOf(aSwap(), now()))).toEqual(keys);
		expect(Object.keys(viewOf(aSwap({ proposal: null, deadman }), now()))).toEqual(keys);
	});

	it("shows the clock as stored, and what is left of it", () => {
		const view = viewOf(aSwap({ status: "awaiting_confirmation", deadman }), { ...now(), bootMs: 31_000 });
		expect(view.deadman).toEqual({
			startedAt: "2026-11-21T12:00:00.000Z",
			expiresAt: "2026-11-21T12:02:00.000Z",
			capAt: "2026-11-21T12:10:00.000Z",
			remainingMs: 90_000,
		});
	});

	it("has nothing left where no window runs any more", () => {
		expect(viewOf(aSwap({ status: "finalized", deadman }), now()).deadman?.remainingMs).toBe(0);
	});

	it("survives JSON unchanged", () => {
		const view = viewOf(aSwap({ deadman, discarded: [] }), now());
		expect(JSON.parse(JSON.stringify(view))).toEqual(view);
	});

	it("leaves the rest out before there is a proposal", () => {
		const view = viewOf(aSwap({ proposal: null }), now());
		expect(view).toMatchObject({ summary: null, files: [], tree: null, classification: null, previousRelease: null });
	});
});

it("stamps a fact as people read it", () => {
	expect(factViewOf({ type: "tidied", atMs: wallMs })).toEqual({
		at: "2026-11-21T12:00:00.000Z",
		type: "tidied",
		atMs: wallMs,
	});
});
