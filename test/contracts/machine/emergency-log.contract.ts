// What every emergency log promises: entries in their order, exactly as given, until a journal has taken them in.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EmergencyEntry, EmergencyLog } from "../../../src/ports/ports.js";

export interface EmergencyLogUnderTest {
	readonly log: EmergencyLog;
	/** The same as a later life finds it. */
	again(): EmergencyLog;
	cleanUp(): Promise<void>;
}

export const undone: EmergencyEntry = {
	kind: "undone",
	swapId: "sw_aaaaaa",
	target: "host",
	previous: { id: "base-1", commit: "a".repeat(40), tree: "b".repeat(40) },
	atMs: 1,
	why: "it cannot be read: EIO\nin two lines",
};

export const facts: EmergencyEntry = {
	kind: "facts",
	swapId: "sw_aaaaaa",
	version: 7,
	facts: [{ type: "noted", text: 'ümlaut and "quotes"', atMs: 2.5 }],
};

export function describeEmergencyLogContract(name: string, makeIt: () => Promise<EmergencyLogUnderTest>): void {
	describe(`emergency log: ${name}`, () => {
		let under: EmergencyLogUnderTest;
		beforeEach(async () => {
			under = await makeIt();
		});
		afterEach(() => under.cleanUp());

		it("is empty at first", async () => {
			expect(await under.log.pending()).toEqual([]);
		});

		it("gives back what was put in, in its order, to a later life too", async () => {
			for (const entry of [undone, facts, undone]) await under.log.append(entry);
			expect(await under.log.pending()).toEqual([undone, facts, undone]);
			expect(await under.again().pending()).toEqual([undone, facts, undone]);
		});

		it("keeps all of what comes at once", async () => {
			const entries = Array.from({ length: 20 }, (_, version) => ({ ...facts, version }));
			await Promise.all(entries.map((entry) => under.log.append(entry)));
			expect(await under.again().pending()).toEqual(entries);
		});

		it("forgets what a journal has taken in, and takes more behind it", async () => {
			await under.log.append(undone);
			await under.log.taken();
			expect(await under.again().pending()).toEqual([]);
			await under.log.append(facts);
			expect(await under.again().pending()).toEqual([facts]);
			await under.log.taken();
			await under.log.taken();
			expect(await under.again().pending()).toEqual([]);
		});
	});
}
