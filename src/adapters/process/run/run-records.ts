// What is on disk about each run of a program: written before it is spawned, so that no life is ever unknown. Tokens only as hashes.
// A disk that takes no record stops no program: this life knows its runs all the same, and a later one finds them by their environment.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../../ports/ports.js";
import { attempt, writeDurably } from "./bookkeeping.js";

export interface RunRecord {
	readonly schemaVersion: 1;
	readonly runId: string;
	readonly release: string;
	readonly swapId: string | null;
	readonly tokenSha256: string;
	readonly bootId: string;
	readonly startedAtMs: number;
	/** Null until the spawn is known to have happened. */
	readonly pid: number | null;
	readonly startTicks: number | null;
}

export interface RunRecords {
	/** What the disk does not take is kept for this life. */
	write(record: RunRecord): Promise<void>;
	all(): Promise<readonly RunRecord[]>;
	ofToken(token: string): Promise<RunRecord | null>;
	/** Removes every record but these, and what a killed writer left, as far as the disk lets go of them. */
	keepOnly(runIds: ReadonlySet<string>): Promise<void>;
}

export function createRunRecords(folder: string, log: Log): RunRecords {
	const ofThisLife = new Map<string, RunRecord>();
	const fileOf = (runId: string) => join(folder, `${runId}.json`);
	async function all(): Promise<readonly RunRecord[]> {
		const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
		const stored = (await Promise.all(names.map((name) => read(join(folder, name))))).filter((one) => one !== null);
		return [...new Map([...stored, ...ofThisLife.values()].map((record) => [record.runId, record])).values()];
	}
	return {
		async write(record) {
			const { runId } = record;
			ofThisLife.set(runId, record);
			await attempt({ log, event: "program.record_unwritten", details: { runId } }, () =>
				writeDurably(fileOf(runId), JSON.stringify(record)),
			);
		},
		all,
		async ofToken(token) {
			const hash = Buffer.from(hashOf(token));
			const owns = (record: RunRecord) => {
				const known = Buffer.from(record.tokenSha256);
				return known.length === hash.length && timingSafeEqual(known, hash);
			};
			return (await all()).find(owns) ?? null;
		},
		async keepOnly(runIds) {
			for (const runId of ofThisLife.keys()) if (!runIds.has(runId)) ofThisLife.delete(runId);
			await attempt({ log, event: "program.records_unremoved" }, async () => {
				const names = await readdir(folder).catch(() => []);
				const stale = names.filter((name) => !runIds.has(name.replace(/\.json$/, "")));
				await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
			});
		},
	};
}

export function newToken(): { readonly token: string; readonly tokenSha256: string } {
	const token = randomBytes(32).toString("base64url");
	return { token, tokenSha256: hashOf(token) };
}

export function hashOf(token: string): string {
	return createHash("sha256").update(token).digest("hex");
}

/** A damaged record counts as none: the program itself is still found by its environment. */
async function read(path: string): Promise<RunRecord | null> {
	try {
		const record = JSON.parse(await readFile(path, "utf8")) as Partial<RunRecord> | null;
		return typeof record?.runId === "string" && typeof record.tokenSha256 === "string" ? (record as RunRecord) : null;
	} catch {
		return null;
	}
}
