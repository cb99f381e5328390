// What is asked of a person at the terminal: the change is shown, the phrase is typed, and the approval is bound to what was read.
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refuse } from "../../../../src/core/refusals.js";
import type { Shown, Swap } from "../../../../src/core/swap.js";
import type { Supervisor } from "../../../../src/engine/verbs/supervisor.js";
import { approve } from "../../../../src/surfaces/cli/commands/approve.js";
import { promote } from "../../../../src/surfaces/cli/commands/promotion.js";
import { createOutput } from "../../../../src/surfaces/cli/session/output.js";
import { createPrompt, type Prompt } from "../../../../src/surfaces/cli/session/prompt.js";
import type { Terminal } from "../../../../src/surfaces/cli/session/session.js";
import {
	aSwap,
	createFakeSupervisor,
	type FakeSupervisor,
	offered,
	reviewOf,
} from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, now } from "../../doorway.js";

let supervisor: FakeSupervisor;
let door: Doorway;
let texts: { stdout: string; stderr: string };
let sleptMs: number;

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "pending_approval" }));
	door = await createDoorway(supervisor);
	await door.open();
	texts = { stdout: "", stderr: "" };
	sleptMs = 0;
});
afterEach(async () => {
	process.exitCode = undefined;
	await door.remove();
});

function terminal(prompt: Prompt | null): Terminal {
	const write = (name: "stdout" | "stderr", text: string) => {
		texts[name] += text;
		return true;
	};
	const stream = (name: "stdout" | "stderr") => ({ write: (text: string) => write(name, text) });
	const output = createOutput({ stdout: stream("stdout"), stderr: stream("stderr"), json: false } as never);
	const clock = {
		now: () => ({ ...now(), bootMs: sleptMs }),
		timer: () => () => {},
		sleep: async (delayMs: number) => {
			sleptMs += delayMs;
		},
		turn: async () => {},
	};
	return { output, clock, prompt, load: () => Promise.reject(new Error("No command here needs it.")) };
}

const types = (line: string | null) => {
	const questions: string[] = [];
	const ask = async (question: string) => {
		questions.push(question);
		return line;
	};
	return { ask, questions };
};
const options = () => ({ dir: door.root, follow: false, insist: false });
const approvals = () => supervisor.calls.filter(({ verb }) => verb === "approve").map(({ request }) => request);

describe("an approval that needs a phrase", () => {
	const details = { id: "sw_aaaaaa", why: "a host change asks for it", phrase: "host sw_aaaaaa" };

	beforeEach(() => {
		const approved = supervisor.approve;
		supervisor.answers.approve = async (request: Parameters<Supervisor["approve"]>[0]) => {
			if (request.typed === null) return refuse("phrase_needed", details);
			if (request.typed !== details.phrase) return refuse("phrase_wrong", details);
			delete supervisor.answers.approve;
			return approved(request);
		};
	});

	it("shows the change, asks for the phrase, and approves what was read", async () => {
		supervisor.answers.review = async (id) => ({ ...reviewOf(id), epoch: 7 });
		const person = types("host sw_aaaaaa");
		await approve(terminal(person), "sw_aaaaaa", options());
		expect(texts.stderr).toContain("+\ttwo");
		expect(texts.stderr).toContain("The whole: deadman diff sw_aaaaaa");
		expect(person.questions).toEqual([expect.stringContaining('"host sw_aaaaaa"')]);
		expect(approvals().slice(0, 2)).toMatchObject([
			{ typed: null, epoch: null },
			{ typed: "host sw_aaaaaa", epoch: 7 },
		]);
		expect(texts.stdout).toContain("sw_aaaaaa  staging");
	});

	it.each([null, ""])("is left alone where the person types %j", async (line) => {
		const left = approve(terminal(types(line)), "sw_aaaaaa", options());
		await expect(left).rejects.toMatchObject({ exitCode: 4, view: { code: "phrase_needed" } });
		expect(approvals()).toHaveLength(1);
	});

	it("is refused where they mistype", async () => {
		const mistyped = approve(terminal(types("host sw_aaaaab")), "sw_aaaaaa", options());
		await expect(mistyped).rejects.toMatchObject({ exitCode: 4, view: { code: "phrase_wrong" } });
	});

	it("asks nobody where the phrase was given, or nobody is there", async () => {
		const person = types("host sw_aaaaaa");
		const wrong = approve(terminal(person), "sw_aaaaaa", { ...options(), type: "yes" });
		await expect(wrong).rejects.toMatchObject({ view: { code: "phrase_wrong" } });
		await expect(approve(terminal(null), "sw_aaaaaa", options())).rejects.toMatchObject({
			view: { code: "phrase_needed" },
		});
		expect(person.questions).toEqual([]);
	});

	it("asks for nothing where something else is refused", async () => {
		supervisor.answers.approve = async () => refuse("not_authorised", { actor: "cli:1", verb: "approve" });
		const person = types("host sw_aaaaaa");
		await expect(approve(terminal(person), "sw_aaaaaa", options())).rejects.toMatchObject({ exitCode: 4 });
		expect(person.questions).toEqual([]);
	});
});

function read(shown: Shown): Swap {
	const swap = aSwap({ status: "pending_approval", epoch: 2 });
	return { ...swap, proposal: swap.proposal === null ? null : { ...swap.proposal, shown } };
}

describe("an approval of what was not read yet", () => {
	const details = { id: "sw_aaaaaa", why: "its diff was not shown here", phrase: "group sw_aaaaaa" };
	const sha256 = reviewOf("sw_aaaaaa").sha256;
	const shown = { tree: "c", sha256, bytes: 1, files: 1, whole: true };

	beforeEach(() => {
		const approved = supervisor.approve;
		supervisor.put(read(shown));
		supervisor.answers.review = async (id) => ({ ...reviewOf(id), epoch: 2 });
		supervisor.answers.approve = async (request: Parameters<Supervisor["approve"]>[0]) => {
			if (request.epoch === null) return refuse("submission_missing", { id: "sw_aaaaaa", epoch: 2 });
			if (request.seen == null && request.typed === null) return refuse("reading_needed", details);
			delete supervisor.answers.approve;
			return approved(request);
		};
	});

	it("shows all of it, and approves the submission that it showed", async () => {
		await approve(terminal(null), "sw_aaaaaa", options());
		expect(texts.stderr).toContain("+\ttwo");
		const seen = { kind: "read", sha256 };
		expect(approvals().slice(0, 2)).toMatchObject([{ epoch: null }, { epoch: 2, typed: null, seen }]);
		expect(texts.stdout).toContain("sw_aaaaaa  staging");
	});

	it("asks who sits there first, and leaves it where they do not say yes", async () => {
		const person = types("no");
		const left = approve(terminal(person), "sw_aaaaaa", options());
		await expect(left).rejects.toMatchObject({ view: { code: "submission_missing" } });
		expect(person.questions).toEqual(["Approve sw_aaaaaa, submission 2, as it is shown above? [y/N] "]);
		expect(approvals()).toHaveLength(1);
	});

	it("says nothing of having read it where all of it cannot be shown", async () => {
		supervisor.put(read({ ...shown, whole: false }));
		const untold = approve(terminal(null), "sw_aaaaaa", options());
		await expect(untold).rejects.toMatchObject({ view: { code: "reading_needed" } });
		expect(approvals().at(-1)).not.toHaveProperty("seen");
	});

	it("stays with the submission that the person named", async () => {
		await approve(terminal(null), "sw_aaaaaa", { ...options(), submission: "1", type: "group sw_aaaaaa" });
		expect(approvals()[0]).toMatchObject({ epoch: 1, typed: "group sw_aaaaaa" });
		for (const submission of ["0", "x", "1.5"]) {
			await expect(approve(terminal(null), "sw_aaaaaa", { ...options(), submission })).rejects.toMatchObject({
				view: { code: "input_invalid" },
			});
		}
	});
});

it("an approval that waits for another one is not followed", async () => {
	supervisor.answers.approve = async () => aSwap({ status: "pending_approval", approvals: ["cli:0"] });
	await approve(terminal(null), "sw_aaaaaa", { ...options(), follow: true });
	expect(texts.stdout).toContain("approved by: cli:0");
	expect(supervisor.calls.some(({ verb }) => verb === "wait")).toBe(false);
});

describe("a promotion", () => {
	beforeEach(() => supervisor.put(aSwap({ status: "finalized", promotion: offered })));

	it.each([
		["applied", 0],
		["refused", 1],
	] as const)("is seen through until it is %s: exit code %i", async (state, expected) => {
		let looks = 0;
		supervisor.answers.swap = async (id) => {
			looks += 1;
			return aSwap({ id, status: "finalized", promotion: { ...offered, state: looks < 3 ? "approved" : state } });
		};
		await promote(terminal(null), "sw_aaaaaa", { dir: door.root, follow: true });
		expect([looks, process.exitCode ?? 0]).toEqual([3, expected]);
		expect(texts.stdout).toContain("template: it");
	});

	it("is no success where it is still under way after a minute", async () => {
		await promote(terminal(null), "sw_aaaaaa", { dir: door.root, follow: true });
		expect(process.exitCode).toBe(1);
		expect(sleptMs).toBe(60_000);
	});

	it("is answered at once where nobody follows it", async () => {
		await promote(terminal(null), "sw_aaaaaa", { dir: door.root, follow: false });
		expect([sleptMs, process.exitCode ?? 0]).toEqual([0, 0]);
	});
});

describe("the prompt", () => {
	function seat(terminal: { stdin: boolean; stderr: boolean } = { stdin: true, stderr: true }) {
		const stdin = Object.assign(new PassThrough(), { isTTY: terminal.stdin });
		const stderr = Object.assign(new PassThrough(), { isTTY: terminal.stderr, columns: 80 });
		return { stdin, stderr, prompt: createPrompt({ stdin, stderr } as never) };
	}

	it("is there only where both ends are a terminal", () => {
		expect(seat().prompt).not.toBeNull();
		expect(seat({ stdin: false, stderr: true }).prompt).toBeNull();
		expect(seat({ stdin: true, stderr: false }).prompt).toBeNull();
	});

	it("gives the line that was typed, trimmed, one question after the other", async () => {
		const { stdin, stderr, prompt } = seat();
		const first = prompt?.ask("One? ");
		stdin.write("  host sw_aaaaaa \n");
		expect(await first).toBe("host sw_aaaaaa");
		expect(String(stderr.read())).toContain("One? ");
		const second = prompt?.ask("Two? ");
		stdin.write("\n");
		expect(await second).toBe("");
	});

	it.each([
		["the end of input", (stdin: PassThrough) => void stdin.end()],
		["Ctrl-D", (stdin: PassThrough) => void stdin.write("\u0004")],
		["Ctrl-C", (stdin: PassThrough) => void stdin.write("\u0003")],
	])("gives nothing on %s", async (_, leave) => {
		const { stdin, prompt } = seat();
		const answer = prompt?.ask("One? ");
		leave(stdin);
		expect(await answer).toBeNull();
	});
});
