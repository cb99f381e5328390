// What goes and what takes how much, as people read it.
import { expect, it } from "vitest";
import { renderRemovals, renderSizes } from "../../../src/surfaces/text/upkeep.js";

it("tells what would go from what went", () => {
	const removed = [
		{ kind: "release", name: "sw_aaaaaa-1" },
		{ kind: "data", name: "sw_bbbbbb" },
	] as const;
	expect(renderRemovals(removed, true)).toBe(
		"Would remove release sw_aaaaaa-1\nWould remove data set aside by sw_bbbbbb",
	);
	expect(renderRemovals(removed, false)).toContain("Removed release");
	expect(renderRemovals([], true)).toBe("Nothing is there that nobody needs any more.");
});

it("writes sizes in columns", () => {
	const sizes = [
		{ name: "releases", bytes: 1536, count: 2 },
		{ name: "logs", bytes: 10, count: 1 },
	];
	expect(renderSizes(sizes)).toBe("releases  1.5 KiB (2)\nlogs      10 B (1)");
});
