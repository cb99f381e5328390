// One story: builds that never end, print without end, or fork. Each goes back to its builder with a reason, live is untouched, no
// process is left; and the same workspace, mended, goes through as the next try of the same swap.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	close,
	deadman,
	finish,
	git,
	living,
	look,
	openScene,
	programOf,
	raise,
	reach,
	type Scene,
	state,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.build = ["node", "build.cjs"];
			config.checks = ["test -f built.txt"];
			config.limits = { timeout: "4s", output: 65_536 };
		},
		async populate(root) {
			await writeFile(join(root, "build.cjs"), 'require("node:fs").writeFileSync("built.txt", "built");\n');
			await writeFile(join(root, ".gitignore"), "data/\nsupervisor.log\nbuilt.txt\n");
		},
	});
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(() => close(scene));

const built = 'require("node:fs").writeFileSync("built.txt", "built");\n';
const start = (code: string, options: string) =>
	`require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(code)}], ${options});\n`;
const lasting = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";

const builds: Readonly<Record<string, { readonly script: string; readonly why: RegExp }>> = {
	"never ends": { script: `process.on("SIGTERM", () => {});\nsetInterval(() => {}, 1_000);\n`, why: /time limit/ },
	"prints without end": {
		script: 'const more = () => process.stdout.write("x".repeat(1_000) + "\\n", more);\nmore();\n',
		why: /output/,
	},
	"forks and never ends": {
		script: `${start(lasting, "{ detached: true, stdio: 'ignore' }").repeat(5)}setInterval(() => {}, 1_000);\n`,
		why: /time limit/,
	},
	"leaves a process behind and fails": {
		script: `${start(lasting, "{ detached: true, stdio: 'ignore' }")}process.exit(3);\n`,
		why: /ended with code 3/,
	},
	"builds nothing": { script: "", why: /test -f built\.txt ended with code 1/ },
	"edits what was reviewed": {
		script: `${built}require("node:fs").appendFileSync("server.cjs", "// not reviewed\\n");\n`,
		why: /server\.cjs/,
	},
};

/** Commits another build script in the workspace. */
async function rebuild(path: string, script: string): Promise<void> {
	await writeFile(join(path, "build.cjs"), script);
	await git({ ...scene, root: path }, "commit", "--quiet", "-am", "Another build");
}

test.each(Object.keys(builds))(
	"a build that %s is refused, live is untouched, and nothing is left",
	{ timeout: 60_000 },
	async (habit) => {
		const { script, why } = builds[habit] ?? { script: "", why: /never/ };
		const before = await state(scene);
		const program = await programOf(scene);
		const { path, name } = await workspace(habit);
		await rebuild(path, `${script}// ${habit}\n`);
		const { swap } = await deadman(scene, "submit", name, "--summary", `A build that ${habit}`);
		const draft = await reach(scene, swap.id, "drafting");
		expect(draft).toMatchObject({ status: "drafting", handshake: "none", deadman: null, boots: 0, outcome: null });
		expect(`${draft.cause.message} ${draft.cause.log.join(" ")}`).toMatch(why);
		expect(await state(scene)).toEqual(before);
		expect(await programOf(scene)).toEqual(program);
		expect(await living(scene)).toEqual([{ pid: program.pid, release: program.release }]);
		expect(await deadman(scene, "withdraw", swap.id)).toMatchObject({ code: 0, swap: { status: "rejected" } });
	},
);

async function workspace(habit: string): Promise<{ path: string; name: string }> {
	const name = habit.replace(/\W+/g, "-");
	return { name, path: (await deadman(scene, "workspace", "create", name)).workspace.path };
}

test("mended in the same workspace, the same swap goes through", { timeout: 60_000 }, async () => {
	const { path, name } = await workspace("mended");
	const server = join(path, "server.cjs");
	await writeFile(server, version(2)(await readFile(server, "utf8")));
	await rebuild(path, "process.exit(1);\n");
	const first = await deadman(scene, "submit", name, "--summary", "Does not build");
	expect(await reach(scene, first.swap.id, "drafting")).toMatchObject({ status: "drafting" });
	await rebuild(path, built);
	const second = await deadman(scene, "submit", name, "--summary", "Builds");
	expect(second).toMatchObject({ code: 0, swap: { id: first.swap.id, summary: "Builds" } });
	const tried = await reach(scene, second.swap.id, "awaiting_confirmation");
	expect(tried).toMatchObject({ status: "awaiting_confirmation", cause: null });
	expect(tried.candidateRelease).toBe(`${tried.id}-2`);
	expect(tried.files.map(({ path }: { path: string }) => path)).toEqual(["server.cjs"]);
	const built2 = join(scene.root, ".deadman", "releases", tried.candidateRelease, "built.txt");
	expect(await readFile(built2, "utf8")).toBe("built");
	expect((await finish(scene, tried.id, "confirm")).status).toBe("finalized");
	expect(await look(scene)).toEqual({ version: "2", schema: 1, notes: 3 });
});
