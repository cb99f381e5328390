// The channel that runs a program: what the program is told, what it may answer, and what its failures mean.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { createCommandChannel } from "../../../../src/adapters/channels/command/command.js";
import { createCommands } from "../../../../src/adapters/process/confine/commands.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery, Place } from "../../../../src/ports/ports.js";
import {
	aCard,
	approval,
	describeDeliveryContract,
	keptInbox,
	outcome,
} from "../../../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder, temporaryFolder } from "../../../support/temporary.js";

const program = fileURLToPath(new URL("../../../support/wire/command-channel.mjs", import.meta.url));
const commands = createCommands({ scrub: String });
const env = { PATH: process.env.PATH, HOME: "/nonexistent", SECRET_TOKEN: "hush" };

const channel = (folder: string, command: string | readonly string[] = [process.execPath, program, folder]): Delivery =>
	createCommandChannel({ name: "pager", command, root: folder, commands, env });

// biome-ignore lint/suspicious/noExplicitAny: JSON is looked at, not typed.
type Json = any;

async function told(folder: string): Promise<Json[]> {
	const names = (await readdir(folder)).filter((name) => /^(card|notice)-/.test(name));
	return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8"))));
}

async function textAt(folder: string, place: Place): Promise<string> {
	const here = (await told(folder)).filter(({ to }) => JSON.stringify(to) === JSON.stringify(place));
	return here.map(({ message }) => message).join("\n");
}

describeDeliveryContract("command", async () => {
	const folder = await makeTemporaryFolder();
	const other = (change: Partial<Place>) => {
		const to = { ...ownPlace, ...change };
		return { to, shown: () => textAt(folder, to) };
	};
	return {
		delivery: channel(folder),
		shown: () => textAt(folder, ownPlace),
		reborn: () => channel(folder),
		cleanUp: () => removeTemporaryFolder(folder),
		nonces: null,
		press: null,
		write: null,
		actorId: "",
		direct: other({ person: "ann" }),
		thread: other({ thread: "7" }),
		lose: (receipt) => rm(join(folder, `card-${receipt}.json`)),
		async fail(failed) {
			const line = { failed, ...(failed === "rate_limited" && { retryAfterMs: 7_000 }) };
			await writeFile(join(folder, "fail.json"), JSON.stringify(line));
		},
	};
});

describe("its program", () => {
	let folder: string;
	beforeEach(async () => {
		folder = await temporaryFolder();
	});

	it("is told the card as data and as text, with what to type", async () => {
		await channel(folder).send(aCard({ ...approval, lines: ["A host change.", "two\nlines", "\u001b[2J"] }), ownPlace);
		const [{ delivery, env: its, ...payload }] = await told(folder);
		const typed = [
			"deadman review sw_aaaaaa",
			'deadman approve sw_aaaaaa --type "host sw_aaaaaa"',
			"deadman reject sw_aaaaaa",
		];
		expect(payload).toMatchObject({ schemaVersion: 1, kind: "card", receipt: null, buttons: [], commands: typed });
		expect(payload.card).toMatchObject({ swapId: "sw_aaaaaa", kind: "approval", phrase: "host sw_aaaaaa" });
		expect(payload.message.split("\n")).toEqual([
			"sw_aaaaaa asks for approval.",
			"A host change.",
			"two",
			"lines",
			"\\x1b[2J",
			"Until 2026-11-21T12:02:00.000Z.",
			"",
			...typed,
		]);
		expect(its).toMatchObject({ HOME: "/nonexistent", DEADMAN_DELIVERY: delivery });
		expect(its.SECRET_TOKEN).toBeUndefined();
	});

	it("may name no receipt, and is told of the same delivery from then on", async () => {
		const command = `cat > last.json; printf '%s' "$DEADMAN_DELIVERY" > last.id`;
		const silent = channel(folder, command);
		const receipt = await silent.send(aCard(), ownPlace);
		expect(receipt).toBe(await readFile(join(folder, "last.id"), "utf8"));
		expect(await silent.edit(receipt, aCard(outcome), ownPlace)).toBe(receipt);
		expect(JSON.parse(await readFile(join(folder, "last.json"), "utf8"))).toMatchObject({ receipt, commands: [] });
		expect(await silent.notice("A notice.", ownPlace)).toBeNull();
	});

	it("is told the same delivery for each try of one message, and another one for the next", async () => {
		const ids: string[] = [];
		const once = channel(folder, `cat > /dev/null; printf '%s' "$DEADMAN_DELIVERY" > id; test -e ok`);
		for (const ok of [false, true, true]) {
			if (ok) await writeFile(join(folder, "ok"), "");
			await once.notice("Hello.", ownPlace).catch(() => {});
			ids.push(await readFile(join(folder, "id"), "utf8"));
		}
		expect(ids[0]).toBe(ids[1]);
		expect(ids[2]).not.toBe(ids[1]);
	});

	it.each([
		["that is not there", ["/nonexistent/program"], "unreachable"],
		["that fails without a word", "cat > /dev/null; exit 3", "unreachable"],
		["that fails with odd words", `echo '{"failed":"so what"}'; exit 3`, "unreachable"],
		["that reads nothing", `echo '{"failed":"refused"}'; exit 1`, "refused"],
		["that kills itself", "kill -9 $$", "unreachable"],
	])("%s is a failed delivery", async (_, command, code) => {
		await expect(channel(folder, command).send(aCard(), ownPlace)).rejects.toMatchObject({
			name: "DeliveryFailed",
			code,
		});
	});

	it("is ended when the channel stops", async () => {
		const slow = channel(folder, "touch started; exec sleep 60");
		const sending = slow.send(aCard(), ownPlace);
		sending.catch(() => {});
		await expect.poll(async () => (await readdir(folder)).includes("started")).toBe(true);
		await slow.stop();
		await expect(sending).rejects.toMatchObject({ code: "unreachable" });
	});

	it("is named without its arguments, and never clicks", async () => {
		const inbox = keptInbox();
		const one = channel(folder, "notify --token hush");
		await one.start(inbox);
		expect(one.address()).toBe("the command notify");
		expect([one.can.buttons, one.receive]).toEqual([false, undefined]);
	});
});
