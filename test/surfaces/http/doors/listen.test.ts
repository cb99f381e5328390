// Socket files: private, in the place of stale ones, and gone at the end unless somebody else's lies there.
import { execFile } from "node:child_process";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, it } from "vitest";
import { piecesOf } from "../../../../src/surfaces/http/base/text.js";
import { type Door, listen, privatePathOf } from "../../../../src/surfaces/http/doors/listen.js";
import { refuseSocketPath } from "../../../../src/surfaces/socket-path.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";
import { call } from "../../doorway.js";

let folder: string;
let path: string;
const doors: Door[] = [];
const app = new Hono().get("/", (c) => c.text("here"));

async function open(): Promise<Door> {
	const door = await listen({ app, path });
	doors.push(door);
	return door;
}

beforeEach(async () => {
	folder = await makeTemporaryFolder();
	path = join(folder, "deadman.sock");
});
afterEach(async () => {
	await Promise.all(doors.splice(0).map((door) => door.close()));
	await removeTemporaryFolder(folder);
});

it("serves for its owner only, and removes itself", async () => {
	const door = await open();
	expect((await stat(path)).mode & 0o777).toBe(0o600);
	expect((await call({ socketPath: path, path: "/" })).text).toBe("here");
	await door.close();
	expect(await readdir(folder)).toEqual([]);
});

it("takes the place of a file and of the socket that a killed supervisor left", async () => {
	const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
	await promisify(execFile)(process.execPath, ["-e", script]).catch(() => {});
	expect((await stat(path)).isSocket()).toBe(true);
	await open();
	expect((await call({ socketPath: path, path: "/" })).text).toBe("here");
});

it("clears what an earlier life left between bind and rename, not what lives", async () => {
	await writeFile(`${path}.999999999`, "");
	await writeFile(`${path}.1`, "");
	await writeFile(`${path}.old`, "");
	await open();
	expect((await readdir(folder)).sort()).toEqual(["deadman.sock", "deadman.sock.1", "deadman.sock.old"]);
});

it("leaves another's socket alone when it closes", async () => {
	const door = await open();
	const other = createServer();
	await rm(path);
	await new Promise<void>((resolve) => other.listen(path, resolve));
	await door.close();
	expect((await stat(path)).isSocket()).toBe(true);
	await new Promise((resolve) => other.close(resolve));
});

it("takes no new caller once retired, and lets the one in flight end", async () => {
	let finish = () => {};
	let arrived = () => {};
	const inside = new Promise<void>((resolve) => (arrived = resolve));
	const slow = new Hono().get("/", async (c) => {
		arrived();
		await new Promise<void>((resolve) => (finish = resolve));
		return c.text("late");
	});
	const door = await listen({ app: slow, path });
	doors.push(door);
	const answer = call({ socketPath: path, path: "/" });
	await inside;
	await door.retire();
	await expect(call({ socketPath: path, path: "/" })).rejects.toThrow("ENOENT");
	finish();
	expect((await answer).text).toBe("late");
});

it("ends open connections when it closes", async () => {
	const never = new Hono().get("/", () => new Promise<Response>(() => {}));
	const door = await listen({ app: never, path });
	const answer = call({ socketPath: path, path: "/" });
	const failed = expect(answer).rejects.toThrow();
	await door.close();
	await failed;
});

it("refuses a path that the system would cut", () => {
	const long = `/${"x".repeat(120)}.sock`;
	expect(refuseSocketPath(long)).toMatchObject({ code: "path_too_long", kind: "usage" });
	expect(refuseSocketPath(`/${"ä".repeat(60)}`)).not.toBeNull();
	expect(refuseSocketPath(privatePathOf("/run/deadman.sock"))).toBeNull();
});

it("cuts long text between characters", () => {
	const text = "a🎉b🎉c";
	for (let length = 1; length <= text.length + 1; length += 1) {
		const pieces = [...piecesOf(text, length)];
		expect(pieces.map((piece) => Buffer.from(piece).toString()).join("")).toBe(text);
	}
});
