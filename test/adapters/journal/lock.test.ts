// The lock between processes: a second one is refused, kill -9 frees it, and what dead holders leave behind fools nobody.
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLock } from "../../../src/adapters/journal/lock.js";
import type { Lock } from "../../../src/ports/ports.js";
import { type Program, startProgram } from "../../support/processes.js";
import { diskKinds, smallDisk } from "../../support/small-disk.js";

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

async function hold(stateDir = folder): Promise<{ program: Program; answer: string }> {
	const program = startProgram("lock-holder.mjs", file, stateDir);
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
		expect(await readFile(`${file}.pid`, "utf8")).toBe(`${process.pid}\n${folder}\n`);
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

	it("names the holder whatever stands beside the lock, and takes nothing else from there", async () => {
		const { program } = await hold();
		for (const said of ["nonsense", "1\n/somewhere/else\n", `${program.pid}\nnot/absolute\n`]) {
			await writeFile(`${file}.pid`, said);
			const refusal = await createLock({ file }).acquire();
			expect(refusal?.message).toContain(`in ${folder} (process ${program.pid})`);
		}
	});

	it("tells where the holder keeps its state, when that is elsewhere", async () => {
		const { program } = await hold("/state/of the other");
		const refusal = await createLock({ file, stateDir: "/state/of mine" }).acquire();
		expect(refusal?.message).toContain(`in /state/of the other (process ${program.pid})`);
	});

	it("follows no link that somebody put in its place or beside it", async () => {
		const [victim, other] = [join(folder, "victim"), join(folder, "other")];
		await writeFile(victim, "as it was");
		await symlink(other, file);
		await symlink(victim, `${file}.pid`);
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		expect(await readFile(victim, "utf8")).toBe("as it was");
		expect(await readdir(folder)).not.toContain("other");
		expect(JSON.parse((await hold()).answer)).toMatchObject({ code: "locked" });
		await lock.release();
	});

	it("takes over what an older version left when it was killed", async () => {
		await writeFile(file, "");
		await writeFile(`${file}-journal`, Buffer.alloc(512));
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		expect(JSON.parse((await hold()).answer)).toMatchObject({ code: "locked" });
		await lock.release();
	});

	it("throws when the file cannot be made", async () => {
		await writeFile(join(folder, "plain"), "");
		await expect(createLock({ file: join(folder, "plain", "lock") }).acquire()).rejects.toThrow();
	});
});

/** In its place on a disk of its own; the folder of the tests is left empty. */
describe.each(diskKinds)("the lock on a bad %s", (kind) => {
	async function freed(program: Program, lock: Lock): Promise<void> {
		expect((await lock.acquire())?.message).toContain(`process ${program.pid}`);
		await program.end("SIGKILL");
		expect(await lock.acquire()).toBeNull();
	}

	it("is taken again on a full disk, and excludes there", async () => {
		const disk = await smallDisk(kind);
		file = join(disk.folder, "lock");
		const first = await hold();
		await first.program.end("SIGKILL");
		await disk.fill();
		await disk.fillNames();
		const second = await hold();
		expect(second.answer).toBe("null");
		const lock = createLock({ file });
		await freed(second.program, lock);
		await lock.release();
	});

	it("excludes where the file was never made and no room is left for it", async () => {
		const disk = await smallDisk(kind);
		file = join(disk.folder, "lock");
		await disk.fill();
		await disk.fillNames();
		const { program, answer } = await hold();
		expect(answer).toBe("null");
		const lock = createLock({ file });
		expect((await lock.acquire())?.message).toContain(`process ${program.pid}`);
		await disk.empty();
		await freed(program, lock);
		expect(JSON.parse((await hold()).answer)).toMatchObject({ code: "locked" });
		await lock.release();
	});

	it("excludes on a disk that became read-only, whoever locked first", async () => {
		const disk = await smallDisk(kind);
		file = join(disk.folder, "lock");
		const before = await hold();
		expect(before.answer).toBe("null");
		await before.program.end("SIGKILL");
		await disk.readOnly();
		const lock = createLock({ file });
		expect(await lock.acquire()).toBeNull();
		expect(JSON.parse((await hold()).answer)).toMatchObject({ code: "locked" });
		expect(JSON.parse((await hold()).answer).message).toContain(`process ${process.pid}`);
		await lock.release();
		expect((await hold()).answer).toBe("null");
	});
});
