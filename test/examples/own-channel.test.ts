// The example of a channel of one's own: held to the contract of every channel, and run by its host as an embedder would.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createNonces } from "../../src/adapters/system/nonces.js";
import { ownPlace } from "../../src/core/place.js";
import { type Delivery, DeliveryFailed } from "../../src/ports/ports.js";
import { describeDeliveryContract } from "../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../support/temporary.js";
import { openBotDoor } from "../support/wire/bot-door.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const example = (name: string) => import(new URL(`../../fixtures/examples/${name}.js`, import.meta.url).href);

const labels = {
	confirm: "Confirm",
	rollback: "Rollback",
	extend: "+2 min",
	approve: "Approve",
	reject: "Reject",
	promote: "Apply to template",
	keep: "Keep local",
};
const failures = {
	rate_limited: { status: 429, headers: { "retry-after": "7" }, body: {} },
	unreachable: { status: 503, body: {} },
	revoked: { status: 401, body: {} },
};

describeDeliveryContract("the example of a channel of one's own", async () => {
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const { startBoard } = await example("board");
	const { boardChannel } = await example("own-channel");
	const secret = "wire-secret";
	const board = await startBoard({ secret });
	const tools = { nonce: (swapId: string, epoch: number) => nonces.of(swapId, epoch) };
	const make = (): Delivery => heldByOurs(boardChannel({ url: board.url, secret, room: "ops" })(tools));
	const delivery = make();
	const door = await openBotDoor(() => delivery);
	board.botUrl = door.url;
	const shownIn = (room: string) => async () =>
		[...board.messages.values()]
			.filter((message) => message.room === room)
			.map(({ text }) => text)
			.join("\n");
	return {
		delivery,
		shown: shownIn("ops"),
		reborn: make,
		async cleanUp() {
			await door.close();
			await board.close();
			await removeTemporaryFolder(folder);
		},
		nonces,
		press: ({ receipt, verdict, actorId }) => board.press({ message: receipt, label: labels[verdict], user: actorId }),
		write: null,
		actorId: "ana",
		direct: { to: { ...ownPlace, person: "ana" }, shown: shownIn("@ana") },
		thread: null,
		lose: async (receipt) => void board.messages.delete(receipt),
		async fail(how) {
			board.failing = failures[how];
		},
	};
});

/** The example throws the package's DeliveryFailed, from dist; the contract knows the one of src. The outbox of a host knows the package's. */
function heldByOurs(delivery: Delivery): Delivery {
	const ours = <A extends unknown[], T>(method: (...args: A) => Promise<T>) => {
		return (...args: A) =>
			method(...args).catch((error: DeliveryFailed) => {
				if (error.name !== "DeliveryFailed") throw error;
				throw new DeliveryFailed(error);
			});
	};
	const { send, edit, notice } = delivery;
	return { ...delivery, send: ours(send), edit: ours(edit), notice: ours(notice) };
}

test("a press that the board did not sign, or of an odd button, decides nothing", async () => {
	const { boardChannel } = await example("own-channel");
	const channel: Delivery = boardChannel({ url: "http://127.0.0.1:1", secret: "s", room: "ops" })({ nonce: () => "" });
	const reply = await channel.receive?.({ method: "POST", url: "/", headers: {}, body: Buffer.from("{}") });
	expect(reply).toMatchObject({ status: 401, forged: true });
});

test("its host swaps a program, and the board decides", { timeout: 60_000 }, async () => {
	const { stdout } = await run(process.execPath, ["fixtures/examples/own-channel-run.js"], {
		cwd: root,
		timeout: 55_000,
	});
	const lines = stdout.split("\n");
	expect(lines[0]).toContain("card: I'm back with the new version");
	expect(lines[1]).toMatch(/^mallory: .*(may not|not allowed|no person)/i);
	expect(lines[2]).toMatch(/^ana: .*is confirmed: the new version stays\.$/);
	expect(lines[3]).toMatch(/^card: .*is confirmed: the new version stays\.$/);
	expect(lines[4]).toBe("end: finalized");
});
