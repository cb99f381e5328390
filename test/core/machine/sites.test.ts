// The labels of effects: one list from the table, each once, in the form that injectors and journals print.
import { describe, expect, it } from "vitest";
import { effectSites, sites } from "../../../src/core/machine/sites.js";

describe("effectSites", () => {
	it("lists room by room, in the table's order", () => {
		expect(effectSites).toEqual(
			Object.entries(sites).flatMap(([room, names]) => names.map((name) => `${room}.${name}`)),
		);
		expect(effectSites[0]).toBe("propose.freeze");
	});

	it("names each site once", () => expect(new Set(effectSites).size).toBe(effectSites.length));

	it("never collides with the append of a fact", () => expect(sites).not.toHaveProperty("fact"));
});
