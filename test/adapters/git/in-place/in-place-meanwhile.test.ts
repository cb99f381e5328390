// Somebody edits a touched file between our look at it and the rename over it: on the way there nothing of it is lost and the flip ends, on the way back it is kept aside.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kitOf, prepareInPlace } from "../../../../src/adapters/git/checkout/in-place-context.js";
import { readPlan } from "../../../../src/adapters/git/checkout/in-place-plan.js";
import { standingsIn } from "../../../../src/adapters/git/checkout/in-place-touched.js";
import { createInPlace } from "../../../../src/adapters/git/in-place/in-place.js";
import { changeFiles } from "../../../../src/adapters/git/in-place/in-place-files.js";
import type { Gate } from "../../../../src/ports/ports.js";
import { makeInPlace } from "../../../support/git-in-place.js";
import { settingsOf } from "../../../support/git-releases.js";

const first = { "app.txt": "one\n", "other.txt": "other\n", "sub/gone.txt": "gone\n" };
const change = { "app.txt": "two\n", "other.txt": "changed\n", "sub/gone.txt": null, "new.txt": "new\n" };

it("refuses on the way there, and the way back is open", async () => {
	const all = await makeInPlace(first);
	const { root, stateDir } = all.repository;
	await all.candidate("candidate", change);
	const old = await all.there();
	const gate: Gate = {
		async around(site, effect) {
			// Behind the look under the lock, in front of the renames.
			if (site === "inPlace.files" && edits) await writeFile(join(root, "app.txt"), "edited\n");
			return effect();
		},
	};
	let edits = true;
	const settings = settingsOf({ activation: "in_place" });
	const parts = { root, stateDir, settings, ...all.tools, gate };
	const inPlace = createInPlace({ ...parts, branch: "main", outputs: [], staged: all.staged, lockWaitMs: 0 });
	await expect(inPlace.flip("candidate")).rejects.toMatchObject({ refusal: { code: "edits_in_the_way" } });
	expect(await readFile(join(root, "app.txt"), "utf8")).toBe("edited\n");
	edits = false;
	await inPlace.flip("base");
	expect(await all.there()).toEqual(old);
	const aside = join(stateDir, "discarded-edits", "candidate", "app.txt");
	expect(await readFile(aside, "utf8")).toBe("edited\n");
});

it("keeps aside on the way back what was written and what was put in the place of a removed file", async () => {
	const all = await makeInPlace(first);
	const { root, stateDir } = all.repository;
	const old = await all.there();
	await all.candidate("candidate", change);
	await all.inPlace.flip("candidate");
	const settings = settingsOf({ activation: "in_place" });
	const options = { root, stateDir, settings, ...all.tools, branch: "main", outputs: [], staged: all.staged };
	const context = await prepareInPlace(options);
	const plan = await readPlan(kitOf(context, "candidate"));
	if (plan === null) throw new Error("There is no plan.");
	const standings = await standingsIn(context, plan.entries);
	await writeFile(join(root, "other.txt"), "edited\n");
	await mkdir(join(root, "sub"), { recursive: true });
	await writeFile(join(root, "sub", "gone.txt"), "made anew\n");
	await writeFile(join(root, "new.txt"), "edited too\n");
	await changeFiles(context, { plan, side: "previous", standings });
	expect(await all.there()).toEqual(old);
	const kept = (path: string) => readFile(join(stateDir, "discarded-edits", "candidate", path), "utf8");
	expect([await kept("other.txt"), await kept("sub/gone.txt"), await kept("new.txt")]).toEqual([
		"edited\n",
		"made anew\n",
		"edited too\n",
	]);
});
