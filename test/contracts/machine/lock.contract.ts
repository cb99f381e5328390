// What every lock promises: one holder at a time, refused with the other's name, free once the holder lets go or dies.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lock } from "../../../src/ports/ports.js";

export interface LocksUnderTest {
	readonly first: Lock;
	readonly second: Lock;
	readonly firstPid: number;
	readonly path: string;
	cleanUp(): Promise<void>;
}

export function describeLockContract(name: string, makeIt: () => Promise<LocksUnderTest>): void {
	describe(`lock: ${name}`, () => {
		let locks: LocksUnderTest;
		beforeEach(async () => {
			locks = await makeIt();
		});
		afterEach(() => locks.cleanUp());

		it("refuses the second, and names the holder and the place", async () => {
			expect(await locks.first.acquire()).toBeNull();
			const refusal = await locks.second.acquire();
			expect(refusal?.code).toBe("locked");
			expect(refusal?.message).toContain(`process ${locks.firstPid}`);
			expect(refusal?.message).toContain(locks.path);
		});

		it("can be asked twice by its holder", async () => {
			expect(await locks.first.acquire()).toBeNull();
			expect(await locks.first.acquire()).toBeNull();
		});

		it("is free after release, which can be called twice and by who never held it", async () => {
			await locks.first.acquire();
			await locks.second.release();
			expect((await locks.second.acquire())?.code).toBe("locked");
			await locks.first.release();
			await locks.first.release();
			expect(await locks.second.acquire()).toBeNull();
			expect((await locks.first.acquire())?.code).toBe("locked");
		});
	});
}
