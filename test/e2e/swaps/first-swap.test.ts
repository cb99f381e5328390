// One story: the very first swap needs something to come back to. A baseline that does not start is never swapped away from; mended,
// it proves itself and swaps begin. The operator's checkout is never run, only the committed branch.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
	attempt,
	close,
	configure,
	deadman,
	finish,
	git,
	killSupervisor,
	look,
	openScene,
	programOf,
	raise,
	type Scene,
	serving,
	startSupervisor,
	until,
	version,
} from "../scene.js";

const broken = 'throw new Error("the first version is broken");\n';
const scene: Scene = await openScene({
	async populate(root) {
		const path = join(root, "server.cjs");
		await writeFile(path, broken + (await readFile(path, "utf8")));
	},
});
afterAll(() => close(scene));

test("no swap is accepted before the baseline has proved itself", { timeout: 60_000 }, async () => {
	const doctor = await deadman(scene, "doctor");
	expect(doctor.code).toBe(1);
	const program = doctor.findings.find(({ name }: { name: string }) => name === "program");
	expect(program.level).toBe("bad");
	expect(program.sentence).toContain("the first version is broken");

	await startSupervisor(scene);
	await until("it backs off", async () => (await programOf(scene)).state === "backing_off");
	const { workspace } = await deadman(scene, "workspace", "create", "mend");
	const path = join(workspace.path, "server.cjs");
	await writeFile(path, (await readFile(path, "utf8")).replace(broken, ""));
	await git({ ...scene, root: workspace.path }, "commit", "--quiet", "-am", "Mend it");
	const refused = await deadman(scene, "submit", "mend", "--summary", "Mends the first version");
	expect(refused).toMatchObject({ code: 5, error: { code: "baseline_unproven" } });
	expect((await deadman(scene, "ls")).swaps).toEqual([]);
	expect(await deadman(scene, "status")).toMatchObject({ supervisor: { program: { proven: false } }, swap: null });
});

test("mended on its branch, it becomes the baseline, and swaps begin", { timeout: 60_000 }, async () => {
	await killSupervisor(scene);
	const path = join(scene.root, "server.cjs");
	await writeFile(path, (await readFile(path, "utf8")).replace(broken, ""));
	await git(scene, "commit", "--quiet", "-am", "Mend it");
	await writeFile(path, `${await readFile(path, "utf8")}throw new Error("not committed");\n`);
	await raise(scene);
	const head = (await git(scene, "rev-parse", "main")).trim();
	expect((await deadman(scene, "status")).supervisor.live).toEqual({
		release: `base-${head.slice(0, 12)}`,
		commit: head,
	});
	expect(await look(scene)).toEqual({ version: "1", schema: 1, notes: 0 });

	const swap = await attempt(scene, "first", version(2), "awaiting_confirmation");
	expect(swap).toMatchObject({ status: "awaiting_confirmation", previousRelease: `base-${head.slice(0, 12)}` });
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 0 });
});

test("proven once, the live version stays the one that was swapped in, wherever the branch goes", {
	timeout: 60_000,
}, async () => {
	await git(scene, "checkout", "--quiet", "--", ".");
	const swap = await attempt(scene, "kept", version(3), "awaiting_confirmation");
	expect((await finish(scene, swap.id, "confirm")).status).toBe("finalized");
	await git(scene, "commit", "--quiet", "--allow-empty", "-m", "Past the supervisor");
	await killSupervisor(scene);
	await configure(scene, () => {});
	await raise(scene);
	expect(await look(scene)).toMatchObject({ version: "3" });
	expect((await deadman(scene, "status")).supervisor.live.release).toBe(swap.candidateRelease);
	const behind = await attempt(scene, "behind", version(4), "awaiting_confirmation");
	expect((await finish(scene, behind.id, "confirm")).status).toBe("finalized");
	expect(await git(scene, "log", "--format=%s", "main")).toContain("Past the supervisor");
});
