// Going back on a disk without a byte or a name left: what was pinned is undone in what was kept for that, and each change is still old or new.
import { mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLive } from "../../../../src/adapters/git/releases/live.js";
import type { Live } from "../../../../src/ports/ports.js";
import { makeTools } from "../../../support/git.js";
import { diskKinds, type SmallDisk, smallDisk } from "../../../support/small-disk.js";

const release = (id: string) => ({ id, commit: "1".repeat(40), tree: "2".repeat(40) });
const pinned: Live = {
	schemaVersion: 1,
	release: release("one"),
	proven: true,
	trial: { swapId: "sw_abc123", previous: release("one"), candidate: release("two") },
};
const undone: Live = { ...pinned, trial: null, head: "3".repeat(40) };

async function liveOn(disk: SmallDisk, shelf = "releases") {
	const at = (name: string) => join(disk.folder, name);
	for (const id of ["one", "two"]) await mkdir(join(at(shelf), id), { recursive: true });
	const tools = makeTools();
	const layout = { current: at("current"), live: at("live.json"), releases: at(shelf) };
	return { live: createLive({ ...tools, layout }), tools };
}

async function fillWhole(disk: SmallDisk): Promise<void> {
	await disk.fill();
	await disk.fillNames();
}

describe.each(diskKinds)("on a full %s", (kind) => {
	it("goes back and unpins, again and again", async () => {
		const disk = await smallDisk(kind);
		const { live, tools } = await liveOn(disk);
		await live.flip("one");
		await live.writeLive(pinned);
		await live.flip("two");
		await fillWhole(disk);
		await expect(tools.files.writeAtomic(join(disk.folder, "proof"), "x")).rejects.toThrow("ENOSPC");
		await live.flip("one");
		expect(await live.current()).toBe("one");
		await live.writeLive(undone);
		expect(await live.readLive()).toEqual(undone);
		await disk.empty();
		for (const id of ["two", "one", "two"]) await live.flip(id);
		await live.writeLive(pinned);
		await fillWhole(disk);
		await live.flip("one");
		await live.writeLive(undone);
		expect([await live.current(), await live.readLive()]).toEqual(["one", undone]);
	});

	it("does so where a killed life was in the middle of it", async () => {
		const disk = await smallDisk(kind);
		const { live } = await liveOn(disk, "versions");
		await live.flip("one");
		await live.writeLive(pinned);
		await live.flip("two");
		const spare = join(disk.folder, "live.json.spare");
		const { size } = await stat(spare);
		const file = await open(spare, "r+");
		await file.write('{"schemaVersion":1,"rel', 0);
		await file.close();
		await fillWhole(disk);
		expect(await live.readLive()).toEqual(pinned);
		await live.writeLive(undone);
		await live.flip("one");
		expect(await live.readLive()).toEqual(undone);
		expect((await readFile(join(disk.folder, "live.json"))).length).toBe(size);
	});

	it("keeps no trial that could not be undone: without room for that, pinning rejects", async () => {
		const disk = await smallDisk(kind);
		const { live } = await liveOn(disk);
		await live.flip("one");
		await live.writeLive(undone);
		await fillWhole(disk);
		await expect(live.writeLive(pinned)).rejects.toThrow("ENOSPC");
		expect(await live.readLive()).toEqual(undone);
		expect((await readdir(disk.folder)).filter((name) => name.endsWith(".deadman-tmp"))).toEqual([]);
	});
});

it("keeps as much as a large configuration needs", async () => {
	const disk = await smallDisk("tmpfs");
	const { live } = await liveOn(disk);
	await live.flip("one");
	const trial = { ...release("two"), text: "x".repeat(40_000) };
	const large: Live = { ...pinned, trial: { ...pinned.trial, configuration: trial } as Live["trial"] };
	await live.writeLive(large);
	await fillWhole(disk);
	const other: Live = { ...large, proven: false };
	await live.writeLive(other);
	expect(await live.readLive()).toEqual(other);
});
