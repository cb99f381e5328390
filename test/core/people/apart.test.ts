// Who is one person with whom, and where nobody can say: at the terminal a name is a user of the machine, and a user may be a person and an agent.
import { describe, expect, it } from "vitest";
import { notApart } from "../../../src/core/people/apart.js";
import { authorise, openAuthority } from "../../../src/core/people/authority.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Actor } from "../../../src/core/swap.js";
import { swapIn } from "../journeys.js";

const by = (name: string): Actor => ({ surface: name.split(":")[0] ?? "", id: name.split(":")[1] ?? "" });

function approving(proposer: string, approver: string, apart = false): string {
	const authority = apart ? { ...openAuthority, apart } : openAuthority;
	const swap = { ...swapIn("pending_approval"), proposer: by(proposer) };
	const answer = authorise(authority, { by: by(approver), verb: "approve", swap });
	return isRefusal(answer) ? answer.code : "allowed";
}

describe("an own change", () => {
	it("is not approved under the same name, nor by somebody at the machine who does not say who they are", () => {
		expect(approving("cli:0", "cli:0")).toBe("own_change");
		expect(approving("cli:0", "cli:unknown")).toBe("own_change");
		expect(approving("cli:unknown", "cli:0")).toBe("own_change");
		expect(approving("cli:0", "cli:1000")).toBe("allowed");
		expect(approving("builder:claude", "cli:0")).toBe("allowed");
	});

	it("is that of one's own user too, where the policy keeps them apart", () => {
		expect(approving("builder:0", "cli:0")).toBe("allowed");
		expect(approving("builder:0", "cli:0", true)).toBe("own_change");
		expect(approving("builder:0", "cli:unknown", true)).toBe("own_change");
		expect(approving("builder:1000", "cli:0", true)).toBe("allowed");
		expect(approving("builder:claude", "cli:0", true)).toBe("allowed");
	});
});

describe("builders and people are told apart", () => {
	it.each([
		["by a user of the program's own", { own: 0, program: "app", runsProgram: true }, true],
		["by its id", { own: 1000, program: 1001, runsProgram: true }, true],
		["where somebody else runs it", { own: 0, program: null, runsProgram: false }, true],
		["not where it runs as the supervisor does", { own: 1000, program: null, runsProgram: true }, false],
		["not where its user is the same", { own: 1000, program: "1000", runsProgram: true }, false],
		["not where both are root", { own: 0, program: "root", runsProgram: true }, false],
	])("%s", (_, users, can) => expect(notApart(users) === null).toBe(can));
});
