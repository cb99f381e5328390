// One verdict (guarantee 3): clicks, the alarm and a dying program in every order against compare-and-set, as surfaces and engine do it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/core/deadman.js";
import type { Fact } from "../../src/core/facts.js";
import type { Command } from "../../src/core/machine/decide.js";
import { evolve } from "../../src/core/machine/evolve.js";
import { happened } from "../../src/core/machine/standing.js";
import { isRefusal } from "../../src/core/refusals.js";
import type { Actor, Swap } from "../../src/core/swap.js";
import { at, broken, decided, operator, settings, swapIn } from "./journeys.js";

const stranger: Actor = { surface: "page", id: "bob" };

const contenders: Readonly<Record<string, Command>> = {
	confirm: { verb: "confirm", by: operator, epoch: 1 },
	"confirm again": { verb: "confirm", by: operator, epoch: 1 },
	"another confirm": { verb: "confirm", by: stranger, epoch: null },
	rollback: { verb: "rollback", by: operator, reason: "", epoch: 1 },
	ring: { verb: "ring" },
	death: { verb: "conclude", facts: [{ type: "candidateDied", cause: broken }] },
};
const names = Object.keys(contenders);

/** A journal of one swap: appends only to the version that was read. */
class Register {
	readonly facts: Fact[] = [];
	constructor(public swap: Swap) {}

	append(read: Swap, added: readonly Fact[]): boolean {
		if (read.version !== this.swap.version) return false;
		this.facts.push(...added);
		this.swap = added.reduce(evolve, read);
		return true;
	}
}

/** A planted bug: the last writer wins. */
class CarelessRegister extends Register {
	override append(read: Swap, added: readonly Fact[]): boolean {
		return super.append({ ...read, version: this.swap.version }, added);
	}
}

interface Answer {
	readonly text: string;
	readonly verdict: string;
}

/** One caller, stopped after each access to the register: yields until it has its answer. */
function* call(register: Register, command: Command, now: Instant): Generator<undefined, Answer> {
	for (;;) {
		const read = register.swap;
		yield;
		const decision = decided(read, command, now);
		if (isRefusal(decision)) return { text: decision.message, verdict: happened(read) };
		const facts = decision.map((body): Fact => ({ ...body, atMs: now.wallMs }));
		if (facts.length === 0) return { text: "", verdict: happened(read) };
		if (register.append(read, facts)) return { text: "", verdict: happened(register.swap) };
		yield;
	}
}

/** Runs the callers in the order that `turns` gives, then those that are left to their ends. */
function interleave(register: Register, who: readonly string[], now: Instant, turns: readonly number[]): Answer[] {
	const running = who.map((name) => call(register, contenders[name] as Command, now));
	const answers: Answer[] = [];
	const step = (index: number) => {
		const result = running[index]?.next();
		if (result?.done !== true) return;
		answers.push(result.value);
		running.splice(index, 1);
	};
	for (const turn of turns) if (running.length > 0) step(turn % running.length);
	while (running.length > 0) step(0);
	return answers;
}

const verdicts = new Set(["confirmed", "rollbackRequested", "deadlinePassed", "candidateDied"]);

function race(who: readonly string[], now: Instant, turns: readonly number[], Kind = Register): Register {
	const register = new Kind(swapIn("awaiting_confirmation"));
	const answers = interleave(register, who, now, turns);
	const [verdict, ...others] = register.facts.filter(({ type }) => verdicts.has(type));
	expect(verdict).toBeDefined();
	expect(others).toEqual([]);
	expect(register.swap.status).toBe(verdict?.type === "confirmed" ? "promoting" : "rolling_back");
	const final = happened(register.swap);
	for (const { text, verdict: told } of answers) {
		if (text.includes("decided already")) expect(text).toContain(final);
		if (told !== "It is awaiting_confirmation.") expect(told).toBe(final);
	}
	expect(answers).toHaveLength(who.length);
	return register;
}

const turns = fc.array(fc.nat(5), { maxLength: 40 });

describe("the race", () => {
	it("confirm, confirm and ring in the instant of expiry: only the ring wins, both clicks are told so", () => {
		fc.assert(
			fc.property(turns, (order) => {
				const register = race(["confirm", "confirm again", "ring"], at(settings.initialMs), order);
				expect(register.swap.cause?.code).toBe("deadline_passed");
			}),
			{ numRuns: 1_000, seed: 20_261_121 },
		);
	});

	it("confirm, confirm and ring an instant before: exactly one confirm wins", () => {
		fc.assert(
			fc.property(turns, (order) => {
				const register = race(["confirm", "another confirm", "ring"], at(settings.initialMs - 1), order);
				expect(register.swap.status).toBe("promoting");
				expect(["cli:1000", "page:bob"]).toContain(register.swap.decidedBy);
			}),
			{ numRuns: 1_000, seed: 20_261_122 },
		);
	});

	it("everybody at once: one verdict, and every later answer tells that one", () => {
		const winners = new Set<string>();
		fc.assert(
			fc.property(fc.shuffledSubarray(names, { minLength: names.length }), turns, (who, order) => {
				const register = race(who, at(settings.initialMs - 1), order);
				winners.add(register.facts.find(({ type }) => verdicts.has(type))?.type ?? "");
			}),
			{ numRuns: 1_000, seed: 20_261_123 },
		);
		expect([...winners].sort()).toEqual(["candidateDied", "confirmed", "rollbackRequested"]);
	});

	it("would notice a journal without compare-and-set", () => {
		const careless = fc.property(turns, (order) => {
			race(["confirm", "rollback"], at(0), order, CarelessRegister);
		});
		expect(fc.check(careless, { numRuns: 1_000, seed: 20_261_125 }).failed).toBe(true);
	});

	it("each caller with its own reading of the clock around expiry still makes one verdict", () => {
		const caller = fc.record({ name: fc.constantFrom(...names), lateMs: fc.integer({ min: -2, max: 2 }) });
		fc.assert(
			fc.property(fc.array(caller, { maxLength: 6 }), turns, (callers, order) => {
				const register = new Register(swapIn("awaiting_confirmation"));
				for (const { name, lateMs } of callers) interleave(register, [name], at(settings.initialMs + lateMs), order);
				interleave(register, ["ring"], at(settings.initialMs), []);
				expect(register.facts.filter(({ type }) => verdicts.has(type))).toHaveLength(1);
			}),
			{ numRuns: 1_000, seed: 20_261_124 },
		);
	});
});
