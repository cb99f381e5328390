// Long work in parts: between two of them everybody else gets a turn.
import { expect, it } from "vitest";
import { inTurns } from "../../../src/engine/base/turns.js";

it("gives a turn after each part, and answers what the work comes to", async () => {
	const order: string[] = [];
	const turn = async () => void order.push("turn");
	function* work() {
		order.push("first");
		yield;
		order.push("second");
		yield;
		return "done";
	}
	expect(await inTurns({ turn }, work())).toBe("done");
	expect(order).toEqual(["first", "turn", "second", "turn"]);
});
