// Going back without a journal (F11): from live.json alone, and only where a trial runs.
import { describe, expect, it } from "vitest";
import type { Site } from "../../src/core/machine/sites.js";
import type { Ports } from "../../src/engine/base/context.js";
import { goBackWithoutJournal } from "../../src/engine/emergency.js";
import { createMemoryEmergencyLog } from "../support/memory/emergency-log.js";
import { createMemorySnapshots, emptyData } from "../support/memory/snapshots.js";
import { candidate, createScene, first } from "./scene.js";

/** A world in probation whose supervisor is gone, with the ports that an emergency needs. */
async function wreck() {
	const data = emptyData();
	data.live.set("app.db", new Map([["notes", new Map([["1", "written before"]])]]));
	const sites: Site[] = [];
	const gate = {
		around: <T>(site: Site, effect: () => Promise<T>) => {
			sites.push(site);
			return effect();
		},
	};
	const open = { around: <T>(_: Site, effect: () => Promise<T>) => effect() };
	const snapshots = createMemorySnapshots({ databases: [{ path: "app.db", policy: "restore" }], gate: open, data });
	const freed: string[] = [];
	const ballast = { reserve: async () => {}, free: async () => void freed.push("ballast") };
	let ports: Ports | null = null;
	const scene = createScene({
		adapt: (all) => {
			ports = { ...all, snapshots, gate, ballast };
			return { snapshots };
		},
	});
	const needed = () => {
		if (ports === null) throw new Error("The world has not begun.");
		const { log, scrub } = ports;
		const own = { releases: scene.releases, programs: scene.programs, target: "host" };
		return { gate, ballast, snapshots, log, scrub, clock: scene.clock, emergency: createMemoryEmergencyLog(), ...own };
	};
	return { scene, data, sites, freed, needed };
}

const why = "The journal cannot be read.";

describe("with a trial in live.json", () => {
	it("brings code and data back and starts the previous version", async () => {
		const { scene, data, sites, freed, needed } = await wreck();
		const { proposal } = await scene.trial();
		data.live.get("app.db")?.get("notes")?.set("1", "changed in the window");
		scene.kill();
		expect(await goBackWithoutJournal(needed(), { why })).toBe(first);
		expect(await scene.served()).toBe(proposal?.previousRelease);
		expect(await scene.releases.current()).toBe(proposal?.previousRelease);
		expect(await scene.releases.readLive()).toMatchObject({ release: { id: proposal?.previousRelease }, trial: null });
		expect(data.live.get("app.db")?.get("notes")?.get("1")).toBe("written before");
		expect(freed).toEqual(["ballast"]);
		expect(sites).toEqual([
			"emergency.append",
			...["stop", "ballast", "fence", "restore", "mend", "flip", "unpin", "start"].map((name) => `rollBack.${name}`),
		]);
	});

	it("may be entered again after a failure in the middle", async () => {
		const { scene, data, needed } = await wreck();
		const { proposal } = await scene.trial();
		data.live.get("app.db")?.get("notes")?.set("1", "changed in the window");
		scene.kill();
		const ports = needed();
		const flip = scene.releases.flip;
		const failing = { ...ports.releases, flip: () => Promise.reject(new Error("EIO")) };
		await expect(goBackWithoutJournal({ ...ports, releases: failing }, { why })).rejects.toThrow("EIO");
		expect((await scene.releases.readLive())?.trial?.swapId).toBe(first);
		scene.releases.flip = flip;
		expect(await goBackWithoutJournal(needed(), { why })).toBe(first);
		expect(await scene.releases.current()).toBe(proposal?.previousRelease);
		expect(data.live.get("app.db")?.get("notes")?.get("1")).toBe("written before");
	});

	it("refuses to restore under a living writer, and says who it is", async () => {
		const { scene, data, needed } = await wreck();
		await scene.trial();
		scene.kill();
		data.holder = { database: "app.db", pid: 7, command: "sqlite3" };
		await expect(goBackWithoutJournal(needed(), { why })).rejects.toThrow("Process 7");
		expect(await scene.releases.current()).toBe(candidate);
	});

	it("leaves the data alone where no snapshot was taken: the candidate never ran", async () => {
		const { scene, data, sites, needed } = await wreck();
		scene.killAt("cutOver.stop");
		await scene.trial();
		expect(await goBackWithoutJournal(needed(), { why })).toBe(first);
		expect(sites).not.toContain("rollBack.restore");
		expect(data.discarded.size).toBe(0);
		expect(await scene.served()).toContain("base-");
	});
});

describe("without a trial", () => {
	it("touches nothing", async () => {
		const { scene, sites, needed } = await wreck();
		await scene.begin();
		const runs = await scene.programs.running();
		scene.kill();
		expect(await goBackWithoutJournal(needed(), { why })).toBeNull();
		expect(sites).toEqual([]);
		expect(await scene.programs.running()).toEqual(runs);
	});

	it("or without live.json touches nothing either", async () => {
		const { scene, sites, needed } = await wreck();
		await scene.trial();
		scene.kill();
		scene.releases.tornLive = true;
		expect(await goBackWithoutJournal(needed(), { why })).toBeNull();
		expect(sites).toEqual([]);
		expect(await scene.served()).toBe(candidate);
	});
});
