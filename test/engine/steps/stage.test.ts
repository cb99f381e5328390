// Staging: beside the live version, in order, and every failure goes back to the builder with live untouched.
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/core/refusals.js";
import { CommandFailed } from "../../../src/ports/ports.js";
import { candidate, createScene, first } from "../scene.js";

describe("staging", () => {
	it("leaves the live version alone from beginning to end", async () => {
		const scene = createScene();
		await scene.begin();
		const [run] = await scene.programs.running();
		const live = await scene.releases.readLive();
		const seen: unknown[] = [];
		scene.doAt("fact.staged", async () => {
			seen.push(await scene.programs.running(), await scene.releases.readLive(), await scene.releases.current());
		});
		await scene.trial();
		expect(seen).toEqual([[run], live, live?.release.id]);
		expect(scene.releases.stored.get(candidate)?.done).toEqual(["install", "build", "check"]);
	});

	it("does not build again what was sealed before a crash", async () => {
		const scene = createScene();
		scene.killAt("stage.rehearse");
		await scene.trial();
		await scene.begin();
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(scene.trace.filter((site) => site === "stage.build")).toHaveLength(1);
		expect(scene.trace.filter((site) => site === "stage.rehearse")).toHaveLength(2);
	});

	it.each(["stage.checkout", "stage.install", "stage.check", "stage.seal", "stage.rehearse", "stage.ballast"] as const)(
		"that fails at %s goes back to the builder",
		async (site) => {
			const scene = createScene();
			await scene.begin();
			const runs = await scene.programs.running();
			scene.failAt(site);
			const swap = await scene.trial();
			expect(swap).toMatchObject({ status: "drafting", deadman: null, cause: { message: `planted at ${site}`, site } });
			expect(await scene.programs.running()).toEqual(runs);
			expect(scene.chat.notices.at(-1)).toContain(`could not be staged, nothing was touched: \`planted at ${site}\``);
		},
	);

	it("that fails in a command tells its last lines", async () => {
		const scene = createScene();
		await scene.begin();
		scene.releases.script = async (step) => {
			if (step === "build") throw new CommandFailed("npm run build", "exit", 2, ["src/a.ts: error TS2304"]);
		};
		expect((await scene.trial()).cause).toEqual({
			code: "command_exit",
			message: "npm run build ended with code 2.",
			site: "stage.build",
			log: ["src/a.ts: error TS2304"],
		});
	});

	it("refuses where somebody edited the live release: nobody could go back to it (F24)", async () => {
		const scene = createScene();
		await scene.begin();
		scene.releases.tamper(`base-${scene.base.slice(0, 12)}`, "server.js", "hot fix");
		expect((await scene.trial()).cause).toMatchObject({ code: "release_edited" });
		expect(scene.trace).not.toContain("stage.build");
	});

	it("refuses where a snapshot would not fit, with the code of the refusal", async () => {
		const no = refuse("no_space", { path: "/", needed: "2 GB", free: "1 GB" });
		const scene = createScene({
			adapt: ({ snapshots }) => ({ snapshots: { ...snapshots, rehearse: async () => no } }),
		});
		expect(await scene.trial()).toMatchObject({
			status: "drafting",
			cause: { code: "no_space", site: "stage.rehearse" },
		});
	});

	it("stops between two commands when the supervisor is stopped, and goes on in the next life", async () => {
		const scene = createScene();
		await scene.begin();
		scene.doAt("stage.install", () => void scene.supervisor.stop());
		await scene.trial();
		expect(scene.trace).not.toContain("stage.build");
		expect((await scene.swap()).status).toBe("staging");
		await scene.restart();
		await scene.clock.advance(5_000);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", cause: null });
	});

	it("tells its progress, scrubbed", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("hunter2", "[gone]") });
		await scene.begin();
		const lines: string[] = [];
		scene.supervisor.subscribe((event) => {
			if (event.type === "step:progress") lines.push(`${event.swapId} ${event.step}: ${event.line}`);
		});
		scene.releases.script = async (step, _, progress) => {
			if (step === "install") progress("npm_token=hunter2");
		};
		await scene.trial();
		expect(lines).toContain(`${first} install: npm_token=[gone]`);
		expect(lines.slice(0, 2)).toEqual([`${first} stage: stage begins`, `${first} checkout: checkout ${candidate}`]);
	});
});
