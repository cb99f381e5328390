// A checkout goes back on a disk without a byte or a name left; what that disk had no room for, the commit on the branch, follows when it has.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { makeInPlace } from "../../support/git-in-place.js";
import { diskKinds, smallDisk } from "../../support/small-disk.js";

it.each(diskKinds)("goes back on a full %s, and settles when there is room again", async (kind) => {
	const disk = await smallDisk(kind, 24);
	vi.stubEnv("TMPDIR", disk.folder);
	const first = { "app.txt": "one\n", "gone.txt": "one\n", "in/here.txt": "one\n", ".gitignore": "dist/\n" };
	const tools = await makeInPlace(first, { config: { outputs: ["dist"], build: "mkdir dist && cp app.txt dist/" } });
	const { inPlace, there, status, repository } = tools;
	const before = await there();
	const change = { "app.txt": "two\n", "gone.txt": null, "in/here.txt": null, "new/here.txt": "two\n" };
	await tools.candidate("two", change);
	await inPlace.flip("two");
	expect(await readFile(join(repository.root, "dist", "app.txt"), "utf8")).toBe("two\n");
	await disk.fill();
	await disk.fillNames();
	await inPlace.flip("base");
	expect(await there()).toEqual(before);
	expect(await inPlace.current()).toBe("base");
	await inPlace.flip("base");
	await disk.empty();
	await inPlace.flip("base");
	expect(await status()).toBe("");
	expect(await repository.git("show", "main:app.txt")).toBe("one");
	expect(await inPlace.head()).toBe(await repository.git("rev-parse", "main"));
	const third = await tools.candidate("three", { "app.txt": "three\n" });
	await inPlace.flip(third.id);
	expect(await readFile(join(repository.root, "app.txt"), "utf8")).toBe("three\n");
});
