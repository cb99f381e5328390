// A hostile builder (F33): each attack is armed in its workspace, shown to work under plain git there, and then the workspace goes its whole way.
import { it } from "vitest";
import { sampleOf } from "../../../support/shard.js";
import { rows, story, usualPlaces } from "./hostile-story.js";

for (const row of sampleOf(rows)) {
	for (const place of row.places ?? usualPlaces) {
		if (place === "operator") continue;
		it(`${row.attack} in a ${place}: works under plain git, and not on us`, () => story(row, place), 60_000);
	}
}
