// The client speaks only to a socket that nobody else could have put there: whose file it is, who may write it, who may write its folder.
import { chmod, chown } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../src/surfaces/cli/session/client.js";
import { exitCodes, Failure } from "../../src/surfaces/cli/session/failure.js";
import { refuseUnsafeSocket, type SocketLook, unsafe } from "../../src/surfaces/socket-safety.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../support/memory/supervisor.js";
import { deadman } from "./cli/command.js";
import { createDoorway, type Doorway } from "./doorway.js";

const path = "/state/deadman.sock";
const ours: SocketLook = {
	path,
	uid: 1_000,
	socket: { uid: 1_000, mode: 0o140600 },
	folder: { uid: 1_000, mode: 0o40700 },
};

describe("what is looked at", () => {
	it.each<[string, Partial<SocketLook>]>([
		["ours", {}],
		["root's", { socket: { uid: 0, mode: 0o140600 }, folder: { uid: 0, mode: 0o40755 } }],
		["readable by others", { socket: { uid: 1_000, mode: 0o140644 }, folder: { uid: 1_000, mode: 0o40755 } }],
	])("%s is trusted", (_, change) => {
		expect(unsafe({ ...ours, ...change })).toBeNull();
	});

	it.each<[string, Partial<SocketLook>, string, string]>([
		["another's socket", { socket: { uid: 1_001, mode: 0o140600 } }, path, "user 1001"],
		["another's folder", { folder: { uid: 1_001, mode: 0o40700 } }, "/state", "user 1001"],
		["a user's, as root", { uid: 0 }, "/state", "user 1000"],
		[
			"a socket that the group may write",
			{ socket: { uid: 1_000, mode: 0o140620 } },
			path,
			"`chmod 600 /state/deadman.sock`",
		],
		[
			"a socket that all may write",
			{ socket: { uid: 1_000, mode: 0o140602 } },
			path,
			"`chmod 600 /state/deadman.sock`",
		],
		["a folder that the group may write", { folder: { uid: 1_000, mode: 0o40770 } }, "/state", "`chmod 700 /state`"],
		["a folder like /tmp", { folder: { uid: 0, mode: 0o41777 } }, "/state", "mode 777"],
	])("%s is refused, with the next step", (_, change, about, says) => {
		const refusal = unsafe({ ...ours, ...change });
		expect(refusal).toMatchObject({ code: "socket_unsafe", kind: "not_allowed" });
		expect(refusal?.message.startsWith(`${about} cannot be trusted: `)).toBe(true);
		expect(`${refusal?.message} ${refusal?.next}`).toContain(says);
	});
});

describe("a command", () => {
	let supervisor: FakeSupervisor;
	let door: Doorway;

	beforeEach(async () => {
		supervisor = createFakeSupervisor(aSwap());
		door = await createDoorway(supervisor);
		await door.open();
	});
	afterEach(() => door.remove());

	it("says nothing to a socket that others may write", async () => {
		await chmod(door.operator, 0o666);
		const { code, json } = await deadman(door.root, "status", "--json");
		expect([code, json.error.code]).toEqual([exitCodes.notAllowed, "socket_unsafe"]);
		expect(supervisor.calls).toEqual([]);
		await chmod(door.operator, 0o600);
		expect((await deadman(door.root, "status", "--json")).code).toBe(0);
	});

	it("says nothing where others may put a socket of theirs", async () => {
		await chmod(dirname(door.operator), 0o777);
		const { code, json } = await deadman(door.root, "approve", "sw_aaaaaa", "--json");
		expect([code, json.error.code]).toEqual([exitCodes.notAllowed, "socket_unsafe"]);
		expect(supervisor.calls).toEqual([]);
	});

	it("looks again each time: the next socket there may be somebody else's", async () => {
		const client = createClient({ socket: door.operator, actor: "cli:0" });
		await client.ask({ path: "/v1/status" });
		await chmod(door.operator, 0o622);
		await expect(client.ask({ path: "/v1/status" })).rejects.toBeInstanceOf(Failure);
	});

	it("finds no supervisor, rather than a wrong one, where there is no socket", async () => {
		await door.shut();
		expect(await refuseUnsafeSocket(door.operator)).toBeNull();
	});

	it("says nothing to a socket of another user", async () => {
		const mine = process.getuid?.();
		// Root gives its files away; everybody else looks at them as somebody else would.
		const gives = mine === 0;
		const uid = gives ? mine : 12_345;
		if (gives) await chown(door.operator, 54_321, 54_321);
		expect(await refuseUnsafeSocket(door.operator, uid)).toMatchObject({ code: "socket_unsafe" });
		if (gives) await chown(dirname(door.operator), 54_321, 54_321);
		expect((await refuseUnsafeSocket(door.operator, uid))?.message).toContain(`user ${gives ? 54_321 : mine}`);
	});
});
