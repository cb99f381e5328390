// The small adapters: ids, the open gate, and leaving.
import { describe, expect, it, vi } from "vitest";
import { createExiting } from "../../../src/adapters/system/exiting.js";
import { openGate } from "../../../src/adapters/system/gate.js";
import { createIds } from "../../../src/adapters/system/ids.js";

describe("ids", () => {
	it("name swaps shortly and lives uniquely", () => {
		const ids = createIds();
		const swaps = Array.from({ length: 500 }, () => ids.swap());
		for (const id of swaps) expect(id).toMatch(/^sw_[a-z0-9]{6}$/);
		expect(new Set(swaps).size).toBeGreaterThan(495);
		expect(ids.life()).not.toBe(ids.life());
		expect(ids.pid()).toBe(process.pid);
	});
});

describe("the open gate", () => {
	it("passes results and failures through", async () => {
		expect(await openGate.around("stage.checkout", async () => "done")).toBe("done");
		await expect(openGate.around("stage.checkout", () => Promise.reject(new Error("failed")))).rejects.toThrow(
			"failed",
		);
	});
});

describe("leaving", () => {
	it("leaves with the code", () => {
		const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as () => never);
		createExiting().exit(75);
		expect(exit).toHaveBeenCalledWith(75);
	});
});
