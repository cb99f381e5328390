// A folder with a database and snapshots over it, as the tests of this folder need them.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createDataChildren, type DataChild, type DataChildren } from "../../../src/adapters/databases/data-child.js";
import { createSnapshots, type SnapshotsOptions } from "../../../src/adapters/databases/snapshots.js";
import { createCommands } from "../../../src/adapters/process/confine/commands.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Gate, Snapshots } from "../../../src/ports/ports.js";
import { type Program, startProgram } from "../../support/processes.js";

/** Whose copies fail so. */
export function childrenFailing(code: string): DataChildren {
	const children = createDataChildren();
	const fail = () => Promise.reject(Object.assign(new Error(code), { code }));
	const next = (): DataChild => {
		const child = children.next();
		return { ...child, ask: (kind, request) => (["match", "copy"].includes(kind) ? fail() : child.ask(kind, request)) };
	};
	return { ...children, next };
}

/** A disk on which no copy finds room, whoever makes it. */
export function withoutRoom(): Pick<SnapshotsOptions, "children" | "files"> {
	const full = () => Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }));
	return { children: childrenFailing("ENOSPC"), files: { ...createFiles(), copy: full } };
}

export const openGate: Gate = { around: (_, effect) => effect() };

export interface TestPlace {
	readonly root: string;
	readonly stateDir: string;
	/** data/app.db */
	readonly file: string;
	readonly warnings: string[];
	snapshots(change?: Partial<SnapshotsOptions>): Snapshots;
	/** Opens, works and closes. */
	on<T>(path: string, work: (database: Database.Database) => T): T;
	exec(sql: string): void;
	discarded(swapId: string, name?: string): string;
	/** A program with this database; ended at clean-up if not before. */
	program(mode: string, rows: number, ending: "die" | "half" | "close" | "hold"): Promise<Program>;
	/** Every file in the folder of the database, by name; its size and hash. */
	bytes(): Promise<Map<string, string>>;
	cleanUp(): Promise<void>;
}

export async function makePlace(above: string = tmpdir()): Promise<TestPlace> {
	const root = await mkdtemp(join(above, "deadman-data-"));
	const [stateDir, data] = [join(root, ".deadman"), join(root, "data")];
	const file = join(data, "app.db");
	const warnings: string[] = [];
	const programs: Program[] = [];
	await mkdir(stateDir);
	await mkdir(data);
	const base: SnapshotsOptions = {
		root,
		stateDir,
		databases: [{ path: "data/app.db", policy: "restore" }],
		commands: createCommands({ scrub: (text) => text }),
		files: createFiles(),
		gate: openGate,
		log: { info: () => {}, warn: (event) => void warnings.push(event), error: () => {} },
		fenceMs: 100,
		patienceMs: 100,
	};
	function on<T>(path: string, work: (database: Database.Database) => T): T {
		const database = new Database(path);
		try {
			return work(database);
		} finally {
			database.close();
		}
	}
	async function program(mode: string, rows: number, ending: string): Promise<Program> {
		const started = startProgram("database-program.mjs", file, mode, String(rows), ending);
		programs.push(started);
		await started.says("done");
		if (ending !== "hold") await started.ended;
		return started;
	}
	async function cleanUp(): Promise<void> {
		await Promise.all(programs.map((one) => one.end()));
		await rm(root, { recursive: true });
	}
	return {
		root,
		stateDir,
		file,
		warnings,
		snapshots: (change = {}) => createSnapshots({ ...base, ...change }),
		on,
		exec: (sql) => on(file, (database) => void database.exec(sql)),
		discarded: (swapId, name = "app.db") => join(stateDir, "discarded", swapId, "0", name),
		program,
		bytes: () => bytesIn(data),
		cleanUp,
	};
}

async function bytesIn(folder: string): Promise<Map<string, string>> {
	const names = (await readdir(folder)).sort();
	const hashes = names.map(async (name) => {
		const bytes = await readFile(join(folder, name));
		return [name, `${bytes.length} bytes, ${createHash("sha256").update(bytes).digest("hex")}`] as const;
	});
	return new Map(await Promise.all(hashes));
}

export function notesIn(place: TestPlace, path: string): number {
	return place.on(path, (database) => database.prepare("select count(*) from notes").pluck().get() as number);
}

export function integrityOf(place: TestPlace, path: string): string {
	return place.on(path, (database) => database.pragma("integrity_check", { simple: true }) as string);
}
