// A hostile repository of the operator (F33): each attack is first shown to work under plain git, then both kinds of workspaces go their whole way over it.
import { expect, it } from "vitest";
import { sampleOf } from "../../../support/shard.js";
import { attackNames } from "./hostile-ground.js";
import { rows, story, usualPlaces } from "./hostile-story.js";

it("plays every attack that there is", async () => {
	expect(rows.map(({ attack }) => attack).sort()).toEqual(await attackNames());
});

for (const row of sampleOf(rows)) {
	if (!(row.places ?? usualPlaces).includes("operator")) continue;
	it(`${row.attack}: works under plain git, and not on us`, () => story(row, "operator"), 60_000);
}
