// The one view of a swap: its keys and their order are an interface.
import { describe, expect, it } from "vitest";
import { arm } from "../../src/core/deadman.js";
import { openAuthority } from "../../src/core/people/authority.js";
import type { Swap } from "../../src/core/swap.js";
import { auditViewOf, factViewOf, viewOf } from "../../src/surfaces/view.js";
import { aSwap, audits } from "../support/memory/supervisor.js";
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
	"target",
	"targets",
	"flags",
	"approvals",
	"approvalExpiresAt",
	"phrase",
	"checks",
	"promotion",
	"shown",
	"knownBad",
	"proposer",
	"workspace",
	"epoch",
	"blockedBy",
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

	it("shows what is asked of whom, and the phrase only while somebody is asked", () => {
		const asked = viewOf(aSwap({ status: "pending_approval", approvalExpiresAtMs: wallMs + 86_400_000 }), now());
		expect(asked).toMatchObject({ target: "host", targets: ["host"], phrase: "host sw_aaaaaa", approvals: [] });
		expect(asked.approvalExpiresAt).toBe("2026-11-22T12:00:00.000Z");
		expect(viewOf(aSwap({ status: "staging", approvals: ["cli:0"] }), now())).toMatchObject({
			phrase: null,
			approvals: ["cli:0"],
		});
	});

	it("asks for the phrase as the operator's policy has it", () => {
		const { host } = openAuthority.classes;
		const lax = { ...openAuthority, classes: { ...openAuthority.classes, host: { ...host, typed: false } } };
		const swap = aSwap({ status: "pending_approval" });
		expect(viewOf(swap, now(), lax).phrase).toBeNull();
		const shown = { tree: "t", sha256: "s", bytes: 9, files: 1, whole: false };
		const cut = { ...swap, proposal: { ...swap.proposal, shown } } as Swap;
		expect(viewOf(cut, now(), lax)).toMatchObject({ phrase: "host sw_aaaaaa", shown });
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

it("stamps a refused request as people read it", () => {
	const [entry] = audits;
	if (entry === undefined) throw new Error("There is none.");
	const { subject: _, ...rest } = entry;
	expect(auditViewOf(entry)).toEqual({ at: "2026-11-21T12:00:01.000Z", swapId: null, ...rest });
});

it("stamps a fact as people read it", () => {
	expect(factViewOf({ type: "tidied", atMs: wallMs })).toEqual({
		at: "2026-11-21T12:00:00.000Z",
		type: "tidied",
		atMs: wallMs,
	});
});
