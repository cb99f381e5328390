// The lock between processes: a second one is refused, kill -9 frees it, and what dead holders leave behind fools nobody.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLock } from "../../../src/adapters/sqlite/lock.js";
import { type Program, startProgram } from "./processes.js";

let folder: string;
let file: string;
const programs: Program[] = [];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "deadman-lock-"));
	file = join(folder, "lock");
});
afterEach(async () => {
	await Promise.all(programs.splice(0).map((program) => program.end()));
	await rm(folder, { recursive: true });
});

async function hold(): Promise<{ program: Program; answer: string }> {
	const program = startProgram("lock-holder.mjs", file);
	programs.push(program);
	return { program, answer: await program.says("") };
}

describe("the lock", () => {
	it("is refused while another process holds it, and free the moment that is killed", async () => {
		const { program, answer } = await hold();
		expect(answer).toBe("null");
		const lock = createLock({ file });
		const refusal = await lock.acquire();
		expect(refusal).toMatchObject({ code: "locked" });
		expect(refusal?.message).toContain(`process ${program.pid}`);
		expect(refusal?.message).toContain(folder);
		await program.end("SIGKILL");
		expect(await lock.acquire()).toBeNull();
		expect(await readFile(`${file}.pid`, "utf8")).toBe(`${process.pid}\n`);
		await lock.release();
	});

	it("refuses another process while this one holds it", async () => {
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		const { answer } = await hold();
		expect(JSON.parse(answer)).toMatchObject({ code: "locked" });
		expect(JSON.parse(answer).message).toContain(`process ${process.pid}`);
		await lock.release();
		expect((await hold()).answer).toBe("null");
	});

	it("is lost when this process opens and closes its file: so nothing here may (SQLite fact 3)", async () => {
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		await readFile(file);
		expect((await hold()).answer).toBe("null");
		await lock.release();
	});

	it("does not believe the pid that a dead holder left", async () => {
		await writeFile(`${file}.pid`, "1\n");
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		await lock.release();
	});

	it("still refuses when the holder's pid cannot be told", async () => {
		await hold();
		await writeFile(`${file}.pid`, "nonsense");
		const refusal = await createLock({ file }).acquire();
		expect(refusal?.message).toContain("process unknown");
	});

	it("throws when the file cannot be made", async () => {
		await writeFile(join(folder, "plain"), "");
		await expect(createLock({ file: join(folder, "plain", "lock") }).acquire()).rejects.toThrow();
	});
});
