// All files of a plan, or none; and where that cannot be held, those that were written are named.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Change } from "../../../../src/surfaces/cli/agents/plan.js";
import { writeAll } from "../../../../src/surfaces/cli/agents/write-all.js";
import { Failure } from "../../../../src/surfaces/cli/session/failure.js";
import { contents, lay, repository } from "./place.js";

function change(root: string, path: string, before: string | null, after: string | null): Change {
	const kind = before === after ? "unchanged" : before === null ? "create" : after === null ? "delete" : "change";
	return { path, kind, what: "", before, after, real: join(root, path), mode: 0o640 };
}

it("writes, makes folders, and deletes", async () => {
	const root = await repository({ a: "1", b: "2", c: "3" });
	const changes = [
		change(root, "a", "1", "one"),
		change(root, "b", "2", null),
		change(root, "c", "3", "3"),
		change(root, "x/y/z", null, "new"),
	];
	expect(await writeAll(root, changes)).toEqual(["x/y", "x"]);
	expect(await contents(root)).toEqual({ a: "one", c: "3", "x/y/z": "new" });
});

it("writes none where one cannot be laid down", async () => {
	const root = await repository({ file: "1", a: "1" });
	const changes = [change(root, "x/new", null, "n"), change(root, "a", "1", "2"), change(root, "file/z", null, "n")];
	await expect(writeAll(root, changes)).rejects.toThrow();
	expect(await contents(root)).toEqual({ file: "1", a: "1" });
});

it("names what is written where the rest cannot be put in place", async () => {
	const root = await repository({ a: "1", b: "1" });
	const changes = [change(root, "a", "1", "2"), change(root, "b", "1", null), change(root, "b", "1", null)];
	const failure = await writeAll(root, changes).catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(Failure);
	expect((failure as Failure).view.message).toMatch(/Only this was written: a, b\.$/);
	expect(await contents(root)).toEqual({ a: "2" });
});

it("clears what a killed writer left", async () => {
	const root = await repository({ a: "1" });
	await lay(root, { ".a.deadman-tmp": "half" });
	await writeAll(root, [change(root, "a", "1", "2")]);
	expect([await readFile(join(root, "a"), "utf8"), Object.keys(await contents(root))]).toEqual(["2", ["a"]]);
});
