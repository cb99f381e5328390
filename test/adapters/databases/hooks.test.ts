// Databases behind hook commands: the operator's own snapshot and restore, proven by the folder's hash.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotsOptions } from "../../../src/adapters/databases/snapshots.js";
import { CutOff, cuttingGate } from "../../contracts/data/snapshots.contract.js";
import { makePlace, type TestPlace } from "./place.js";

let place: TestPlace;
let store: string;
beforeEach(async () => {
	place = await makePlace();
	store = join(place.root, "data", "store.txt");
	await writeFile(store, "old");
});
afterEach(() => place.cleanUp());

const hook: SnapshotsOptions["databases"][number] = {
	name: "store",
	snapshot: 'cp data/store.txt "$DEADMAN_SNAPSHOT_DIR/copy.txt"',
	restore: 'cp "$DEADMAN_SNAPSHOT_DIR/copy.txt" data/store.txt && echo again >> data/restores.txt',
	policy: "restore",
};
const withHook = (change: Partial<SnapshotsOptions> = {}) => place.snapshots({ databases: [hook], ...change });
const restores = () => readFile(join(place.root, "data", "restores.txt"), "utf8");

describe("a hook", () => {
	it("keeps its snapshot in its own folder and is restored once", async () => {
		const records = await withHook().take("sw_a");
		expect(records).toMatchObject([{ database: "store", file: null, sha256: null, bytes: 3 }]);
		expect(records[0]?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
		await writeFile(store, "new");
		await withHook().restore("sw_a", records);
		await withHook().restore("sw_a", records);
		expect(await readFile(store, "utf8")).toBe("old");
		expect(await restores()).toBe("again\n");
		expect(await withHook().count("sw_a")).toEqual([]);
	});

	it("is run again when the restore was cut off before it was marked", async () => {
		const gate = cuttingGate();
		const records = await withHook().take("sw_a");
		gate.cutAt("snapshots.marker", "before");
		await expect(withHook({ gate }).restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
		await withHook().restore("sw_a", records);
		expect(await restores()).toBe("again\nagain\n");
	});

	it("gets the environment it was given and nothing of ours", async () => {
		const print = { ...hook, snapshot: 'env | cut -d= -f1 | sort > "$DEADMAN_SNAPSHOT_DIR/names"' };
		await withHook({ databases: [print], env: { PATH: process.env.PATH ?? "", MINE: "1" } }).take("sw_a");
		const names = await readFile(join(place.stateDir, "snapshots", "sw_a", "0", "names"), "utf8");
		expect(names).toContain("DEADMAN_SNAPSHOT_DIR");
		const others = names.split("\n").filter((name) => !/^(DEADMAN_\w+|PWD|OLDPWD|SHLVL|_|)$/.test(name));
		expect(others).toEqual(["MINE", "PATH"]);
	});

	it("that fails leaves no snapshot", async () => {
		const failing = { ...hook, snapshot: "exit 3" };
		await expect(withHook({ databases: [failing] }).take("sw_a")).rejects.toMatchObject({
			name: "CommandFailed",
			code: 3,
		});
		expect(await withHook().manifest("sw_a")).toBeNull();
	});

	it("that hangs is ended in time", async () => {
		const hanging = { ...hook, snapshot: ["sleep", "60"] };
		const snapshots = withHook({ databases: [hanging], hookTimeoutMs: 50 });
		await expect(snapshots.take("sw_a")).rejects.toMatchObject({ reason: "timeout" });
	});

	it("is not restored from a folder that was changed, nor without its command", async () => {
		const records = await withHook().take("sw_a");
		await expect(withHook({ databases: [] }).restore("sw_a", records)).rejects.toThrow("no longer holds");
		await writeFile(join(place.stateDir, "snapshots", "sw_a", "0", "copy.txt"), "changed");
		await expect(withHook().restore("sw_a", records)).rejects.toThrow("was changed");
		expect(await readFile(store, "utf8")).toBe("old");
	});

	it("of policy keep is not run", async () => {
		const records = await withHook({ databases: [{ ...hook, policy: "keep" }] }).take("sw_a");
		expect(records).toMatchObject([{ policy: "keep", fingerprint: null }]);
		await withHook().restore("sw_a", records);
		await expect(restores()).rejects.toThrow("ENOENT");
	});
});
