// One story: a program that makes its own folder, with a dot in its name, in a fresh checkout. Where the configuration says that it is a folder, it works, over a
// swap too; where it says nothing, the first start is refused, with what to write.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attempt, close, deadman, finish, type Json, openScene, raise, serving, version } from "../scene.js";

const making = `const kept = require("node:fs");
kept.mkdirSync(".session", { recursive: true });
kept.appendFileSync(".session/starts", "one\\n");
kept.appendFileSync("settings/master", "one\\n");
`;

function scene(shared: readonly unknown[]) {
	return openScene({
		async populate(root) {
			const server = join(root, "server.cjs");
			await writeFile(server, `${making}${await readFile(server, "utf8")}`);
			await writeFile(join(root, ".gitignore"), "data/\nsupervisor.log\n.session\nsettings\n");
		},
		configure(config: Json) {
			config.shared.push(...shared);
		},
	});
}

test("a folder with a dot and a file without one, both said, hold what each version writes", {
	timeout: 60_000,
}, async () => {
	const one = await scene([".session/", { path: "settings/master", kind: "file" }]);
	try {
		await raise(one);
		const starts = async (path: string) => (await readFile(join(one.root, path), "utf8")).split("\n").length - 1;
		expect([await starts(".session/starts"), await starts("settings/master")]).toEqual([1, 1]);
		const swap = await attempt(one, "two", version("two"), "awaiting_confirmation");
		expect(await serving(one, () => true)).toMatchObject({ version: "two" });
		expect([await starts(".session/starts"), await starts("settings/master")]).toEqual([2, 2]);
		expect((await finish(one, swap.id, "rollback")).status).toBe("rolled_back");
		expect([await starts(".session/starts"), await starts("settings/master")]).toEqual([3, 3]);
	} finally {
		await close(one);
	}
});

test("a folder with a dot that says nothing: run and doctor refuse it, and name both ways to write it", {
	timeout: 60_000,
}, async () => {
	const one = await scene([".session"]);
	try {
		const run = await deadman(one, "run");
		expect(run).toMatchObject({ code: 2, error: { code: "shared_kind_unknown" } });
		expect(run.error.next).toContain('".session/"');
		expect(run.error.next).toContain('".session/" is a folder');
		const { code, findings } = await deadman(one, "doctor");
		expect(code).toBe(1);
		expect(findings).toContainEqual({
			name: "shared",
			level: "bad",
			sentence: run.error.message,
			next: run.error.next,
		});
	} finally {
		await close(one);
	}
});
