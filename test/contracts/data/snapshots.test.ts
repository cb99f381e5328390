// Holds both snapshots to their contract.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createSnapshots } from "../../../src/adapters/databases/snapshots.js";
import type { Covered } from "../../../src/adapters/files/places.js";
import { withFiles } from "../../../src/adapters/files/with-files.js";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Log } from "../../../src/ports/ports.js";
import { createMemorySnapshots, emptyData, type MemoryDatabase } from "../../support/memory/snapshots.js";
import { startProgram } from "../../support/processes.js";
import { describeSnapshotsContract, type MakeSnapshots, type Rows } from "./snapshots.contract.js";
import { describeSnapshotsKept } from "./snapshots-kept.contract.js";

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

const inMemory: MakeSnapshots = async ({ gate, policy }) => {
	const data = emptyData();
	const path = "data/app.db";
	const rowsOf = (database: MemoryDatabase | null | undefined): Rows | null =>
		database == null ? null : Object.fromEntries(database.get("notes") ?? []);
	const live = (): MemoryDatabase => {
		const database = data.live.get(path) ?? new Map([["notes", new Map()]]);
		data.live.set(path, database);
		return database;
	};
	return {
		snapshots: createMemorySnapshots({ databases: [{ path, policy }], gate, data }),
		put: async (rows) => {
			for (const [key, text] of Object.entries(rows)) live().get("notes")?.set(key, text);
		},
		take: async (key) => void live().get("notes")?.delete(key),
		rows: async () => rowsOf(data.live.get(path)),
		discarded: async (swapId) => rowsOf(data.discarded.get(swapId)?.get(path)),
		drop: async () => void data.live.delete(path),
		hold: async () => {
			data.holder = { database: path, pid: 12, command: "node" };
			return async () => {
				data.holder = null;
			};
		},
		cleanUp: async () => {},
	};
};

/** `covered`: the files that are kept beside the database. */
const onDisk =
	(covered: readonly Covered[]): MakeSnapshots =>
	async ({ gate, policy }) => {
		const root = await mkdtemp(join(tmpdir(), "deadman-snapshots-"));
		const stateDir = join(root, ".deadman");
		const file = join(root, "data", "app.db");
		await mkdir(join(root, "data"));
		await mkdir(stateDir);
		function run<T>(path: string, work: (database: Database.Database) => T): T {
			const database = new Database(path);
			try {
				return work(database);
			} finally {
				database.close();
			}
		}
		function rowsOf(path: string): Rows | null {
			if (!existsSync(path)) return null;
			const rows = run(path, (database) => database.prepare("select key, text from notes order by key").raw().all());
			return Object.fromEntries(rows as [string, string][]);
		}
		const inner = createSnapshots({
			root,
			stateDir,
			databases: [{ path: "data/app.db", policy }],
			commands: createCommands({ scrub: (text) => text }),
			files: createFiles(),
			gate,
			log: silent,
			fenceMs: 100,
			patienceMs: 100,
		});
		const elsewhere = ["data/app.db"];
		return {
			snapshots: withFiles(inner, { root, stateDir, covered, elsewhere, files: createFiles(), gate, log: silent }),
			put: async (rows) =>
				run(file, (database) => {
					database.pragma("journal_mode = WAL");
					database.exec("create table if not exists notes (key text primary key, text text)");
					const put = database.prepare("insert or replace into notes values (?, ?)");
					for (const [key, text] of Object.entries(rows)) put.run(key, text);
				}),
			take: async (key) => void run(file, (database) => database.prepare("delete from notes where key = ?").run(key)),
			rows: async () => rowsOf(file),
			discarded: async (swapId) => rowsOf(join(stateDir, "discarded", swapId, "0", "app.db")),
			drop: async () => rm(file),
			hold: async () => {
				const program = startProgram("database-program.mjs", file, "wal", "0", "hold");
				await program.says("done");
				return () => program.end();
			},
			cleanUp: () => rm(root, { recursive: true }),
		};
	};

for (const describeIt of [describeSnapshotsContract, describeSnapshotsKept]) {
	describeIt("in memory", inMemory);
	describeIt("in SQLite files", onDisk([]));
	describeIt("in SQLite files beside others", onDisk([{ path: "data", policy: "restore", exclude: [] }]));
}
