// A checkout goes back on a disk without a byte or a name left; what that disk had no room for, the commit on the branch, follows when it has.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { makeInPlace } from "../../../support/git-in-place.js";
import { sampleOf } from "../../../support/shard.js";
import { diskKinds, smallDisk } from "../../../support/small-disk.js";

const execute = promisify(execFile);
const script = fileURLToPath(new URL("in-place-life.mjs", import.meta.url));
const both = diskKinds.flatMap((kind) => [[kind, "the same life"] as const, [kind, "a new life"] as const]);

it.each(sampleOf(both))("goes back on a full %s in %s, and settles when there is room again", async (kind, lives) => {
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
	const { root, stateDir } = repository;
	const life = { root, stateDir, outputs: ["dist"], id: "base" };
	if (lives === "a new life") await execute(process.execPath, [script, JSON.stringify(life)]);
	else await inPlace.flip("base");
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
