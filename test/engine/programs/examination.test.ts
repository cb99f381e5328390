// What `deadman doctor` finds out through the ports: it says what is wrong, ends what it started, and never hangs.
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/core/refusals.js";
import type { Ports } from "../../../src/engine/base/context.js";
import { examineEngine } from "../../../src/engine/programs/examination.js";
import type { Finding } from "../../../src/ports/ports.js";
import { settings } from "../../simulation/world.js";
import type { Behaviour } from "../../support/memory/programs.js";
import { accepted, createScene, first } from "../scene.js";

type Scene = ReturnType<typeof createScene>;

/** An examination in the place of a supervisor. */
async function doctor(
	adapt: (ports: Ports) => Partial<Ports> = () => ({}),
	prepare: (scene: Scene) => Promise<void> = async () => {},
) {
	const scene = createScene({ adapt });
	await prepare(scene);
	let found: readonly Finding[] = [];
	void examineEngine(scene.enter(), settings).then((findings) => (found = findings));
	await scene.clock.advance(60_000);
	return { scene, of: (name: string) => found.find((finding) => finding.name === name) };
}

const habit = (behaviour: Partial<Behaviour>) => async (scene: Scene) => {
	scene.programs.script(`base-${scene.base.slice(0, 12)}`, behaviour);
};

/** A supervisor that left a swap on trial behind. */
async function left(scene: Scene): Promise<void> {
	await scene.trial();
	scene.kill();
	await scene.clock.settle();
}

describe("the program", () => {
	it("that starts and answers is fine, and is ended again", async () => {
		const { scene, of } = await doctor();
		expect(of("program")).toMatchObject({ level: "ok" });
		expect(of("repository")).toMatchObject({ level: "ok" });
		expect(of("databases")).toMatchObject({ level: "ok" });
		expect(scene.programs.starts).toHaveLength(1);
		expect(await scene.served()).toBe("none");
	});

	it.each([
		["dies at boot", { diesAfterMs: 0, exit: { code: 9, signal: null } }, "ended with code 9"],
		["never answers", { readyAfterMs: null }, "did not become ready"],
		["cannot be started", { failsToStart: true }, "could not be started"],
	] as const)("that %s is bad, with the reason", async (_, behaviour, reason) => {
		const { scene, of } = await doctor(undefined, habit(behaviour));
		expect(of("program")?.level).toBe("bad");
		expect(of("program")?.sentence).toContain(reason);
		expect(await scene.served()).toBe("none");
	});

	it("is not tried while a swap is unfinished", async () => {
		const { scene, of } = await doctor(undefined, left);
		expect(of("program")).toMatchObject({ level: "warn" });
		expect(of("program")?.sentence).toContain("sw_000001 is unfinished");
		expect(await scene.served()).toBe("sw_000001-1");
	});
});

describe("what else", () => {
	it("a baseline that cannot be built is told, and does not hang", async () => {
		const broken = ({ releases }: Ports) => ({
			releases: { ...releases, build: () => Promise.reject(new Error("tsc: 3 errors")) },
		});
		const { of } = await doctor(broken);
		expect(of("program")).toMatchObject({ level: "bad" });
		expect(of("program")?.sentence).toContain("tsc: 3 errors");
	});

	it("a repository in the middle of something is bad", async () => {
		const { of } = await doctor(undefined, async (scene) => {
			scene.git.operation = "merge";
		});
		expect(of("repository")).toMatchObject({ level: "bad" });
		expect(of("repository")?.sentence).toContain("merge");
	});

	it("a confirmed change that waits for the operator is a warning with its command", async () => {
		const { of } = await doctor(undefined, async (scene) => {
			await scene.trial();
			scene.git.dirty = true;
			accepted(await scene.confirm(first));
			await scene.clock.advance(5_000);
			scene.kill();
			await scene.clock.settle();
		});
		expect(of(`confirmed ${first}`)).toMatchObject({ level: "warn" });
		expect(of(`confirmed ${first}`)?.next).toContain(`git merge refs/deadman/confirmed/${first}`);
	});

	it("a checkout that an older version left behind is a warning with its command", async () => {
		const behind = { commit: "c".repeat(40), paths: ["app.txt"], edited: ["mine.txt"], command: "git restore app.txt" };
		const { of } = await doctor(undefined, async (scene) => {
			scene.git.behind = behind;
		});
		expect(of("checkout")).toMatchObject({
			level: "warn",
			next: expect.stringContaining("Run `git restore app.txt`."),
		});
		expect(of("checkout")?.sentence).toContain('"app.txt", "mine.txt"');
		expect(of("checkout")?.next).toContain("mine.txt hold edits of yours too");
	});

	it("a database that fails its check is bad, with what to do", async () => {
		const bad = refuse("database_bad", { database: "app.db", why: "row 7 missing from index" });
		const { of } = await doctor(({ snapshots }) => ({ snapshots: { ...snapshots, rehearse: async () => bad } }));
		expect(of("databases")).toMatchObject({ level: "bad", next: bad.next });
	});

	it("a database that is not protected is bad, and one that is missing a warning", async () => {
		const refusal = refuse("database_unprotected", { database: "q.db", why: "it is elsewhere", remedy: "look there" });
		const unprotected = await doctor(({ snapshots }) => ({
			snapshots: { ...snapshots, protection: async () => refusal },
		}));
		expect(unprotected.of("databases")).toMatchObject({ level: "bad", next: "To protect it, look there." });
		const missing = await doctor(({ snapshots }) => ({ snapshots: { ...snapshots, missing: async () => ["q.db"] } }));
		expect(missing.of("databases")).toMatchObject({ level: "ok" });
		expect(missing.of("missing databases")).toMatchObject({ level: "warn", sentence: expect.stringContaining("q.db") });
	});

	it("a shared path that says too little is bad, with what to write", async () => {
		const refusal = refuse("shared_kind_unknown", { path: ".session" });
		const { of } = await doctor(({ releases }) => ({ releases: { ...releases, sharing: async () => refusal } }));
		expect(of("shared")).toMatchObject({ level: "bad", sentence: refusal.message, next: refusal.next });
	});

	it("files that no release can hold are bad, and whatever else the door refuses", async () => {
		expect((await doctor()).of("files")).toMatchObject({ level: "ok" });
		const details = { whose: "The branch main", filters: '"vault"', paths: '"words.vault"' };
		const refusal = refuse("filters_unsupported", details);
		const filtered = await doctor(undefined, async ({ git }) => {
			git.unreleasable = refusal;
		});
		expect(filtered.of("files")).toMatchObject({ level: "bad", sentence: refusal.message, next: refusal.next });
		expect(filtered.of("program")?.sentence).toContain("words.vault");
		const refused = refuse("submodules_unsupported", { whose: "The branch main", paths: '"vendor"' });
		const { of } = await doctor(({ repository }) => ({
			repository: { ...repository, intake: async () => refused },
		}));
		expect(of("files")).toMatchObject({ level: "bad", sentence: refused.message });
	});

	it("a wall clock behind the journal is a warning (F9)", async () => {
		const { of } = await doctor(undefined, async (scene) => {
			await left(scene);
			scene.clock.setWall(0);
		});
		expect(of("clock")?.level).toBe("warn");
		expect(of("clock")?.sentence).toContain("behind the newest fact");
	});
});

describe("the channels", () => {
	it("where nobody was told for long are named, with why", async () => {
		const { of } = await doctor(undefined, async (scene) => {
			scene.chat.failWith(new Error("The service is down."));
			await scene.trial({}, 10);
			accepted(await scene.rollback(first));
			await scene.clock.advance(6 * 60_000);
			scene.kill();
			await scene.clock.settle();
		});
		expect(of("channel chat")).toMatchObject({
			level: "warn",
			sentence: expect.stringMatching(/messages wait, the oldest for 6m.* The last try failed: The service is down\./),
			next: expect.stringContaining("deadman notify test chat"),
		});
	});

	it("where a message waits for a moment are not", async () => {
		const { of } = await doctor(undefined, async (scene) => {
			scene.chat.failWith(new Error("The service is down."));
			await left(scene);
		});
		expect(of("channel chat")).toBeUndefined();
	});
});
