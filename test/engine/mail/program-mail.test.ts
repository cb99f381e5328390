// The program's own channel: only the version that runs or is on trial takes its messages, the other channels say when it does not deliver,
// and its clicks go back but never forward (F13).
import { describe, expect, it } from "vitest";
import { createAppChannel } from "../../../src/adapters/channels/app/app.js";
import type { Authority } from "../../../src/core/people/authority.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { silentLine } from "../../../src/engine/mail/own-channel.js";
import type { ProgramMessage } from "../../../src/ports/ports.js";
import { settings as worldSettings } from "../../simulation/world.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectEnd, expectRefusal, first, type Scene } from "../scene.js";

const authority: Authority = {
	...worldSettings.authority,
	people: [{ name: "ann", roles: ["owner"], targets: [], identities: ["app:U1", "cli:1000", "page:local"] }],
};

interface Options {
	/** Whether there is a chat of the supervisor's own beside it. */
	readonly beside?: boolean;
	readonly agents?: readonly string[];
}

function createApp({ beside = true, agents = [] }: Options = {}) {
	const chat = createMemoryDelivery({ name: "chat", address: "https://chat.example/ops", surface: "telegram" });
	const page = createMemoryDelivery({ name: "page", address: "http://127.0.0.1:1/secret-key/" });
	const scene = createScene({
		agents,
		settings: { authority },
		adapt: ({ clock, nonces }) => ({
			deliveries: [...(beside ? [chat, page] : []), createAppChannel({ name: "app", withinMs: 30_000, nonces, clock })],
		}),
	});
	return { scene, chat };
}

const tokenOf = (scene: Scene, nth = -1) => scene.programs.tokenOf(scene.programs.starts.at(nth)?.runId ?? "");

/** A program that delivers what it is given until it is told to stop. */
function programOf(scene: Scene, token: string) {
	const taken: ProgramMessage[] = [];
	const over = new AbortController();
	async function loop(): Promise<void> {
		while (!over.signal.aborted) {
			const message = await scene.supervisor.takeMail(token, over.signal);
			if (isRefusal(message)) return;
			if (message === null && over.signal.aborted) return;
			if (message === null) continue;
			taken.push(message);
			await scene.supervisor.answerMail(token, { id: message.id, answer: { receipt: message.receipt ?? message.id } });
		}
	}
	return { taken, done: loop(), stop: () => over.abort() };
}

const lastCard = (chat: ReturnType<typeof createMemoryDelivery>) => chat.shown.findLast(({ kind }) => kind === "card");
const relayed = (verdict: "rollback" | "confirm" | "approve" | "extend" | "reject", actor = "U1") =>
	({ swapId: first, epoch: 1, verdict, actor, eventId: null }) as const;

describe("the version on trial", () => {
	it("delivers its own card, and no channel says otherwise", async () => {
		const { scene, chat } = createApp();
		await scene.trial();
		const program = programOf(scene, tokenOf(scene));
		await scene.clock.advance(60_000);
		const cards = program.taken.filter(({ kind }) => kind === "card");
		expect(cards[0]).toMatchObject({ id: `${first}.1.card`, receipt: null, card: { swapId: first, kind: "card" } });
		expect(JSON.stringify(program.taken)).not.toContain(`${first}.1"`);
		expect(chat.shown.flatMap(({ lines }) => lines)).not.toContain(silentLine);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(program.taken.at(-1)).toMatchObject({ receipt: `${first}.1.card`, card: { decided: true, buttons: [] } });
		program.stop();
		await program.done;
	});

	it("takes it, not the process of before", async () => {
		const { scene } = createApp();
		await scene.begin();
		const old = tokenOf(scene);
		await scene.trial();
		expectRefusal(await scene.supervisor.takeMail(old, new AbortController().signal), "token_invalid");
		expectRefusal(await scene.supervisor.takeMail("guessed", new AbortController().signal), "token_invalid");
		const program = programOf(scene, tokenOf(scene));
		await scene.clock.advance(2_000);
		expect(program.taken.map(({ card }) => card?.swapId)).toContain(first);
		program.stop();
	});

	it("is not answered for by a process that lives on beside it", async () => {
		const { scene } = createApp();
		await scene.trial();
		const stray = await scene.programs.start({ release: "r-stray", folder: "/", swapId: null });
		const token = scene.programs.tokenOf(stray.runId);
		expectRefusal(await scene.supervisor.takeMail(token, new AbortController().signal), "program_not_current");
		const answer = { id: `${first}.1.card`, answer: { receipt: "forged" } };
		expectRefusal(await scene.supervisor.answerMail(token, answer), "program_not_current");
		expectRefusal(await scene.supervisor.relayClick(token, relayed("rollback")), "program_not_current");
		await scene.programs.stopAll((await scene.programs.running())[0]);
	});

	it("loses its request when another version takes its place", async () => {
		const { scene } = createApp();
		await scene.trial();
		const program = programOf(scene, tokenOf(scene));
		await scene.clock.advance(2_000);
		const before = program.taken.length;
		accepted(await scene.rollback(first));
		await scene.clock.advance(60_000);
		await expectEnd(scene, "rolled_back");
		const next = programOf(scene, tokenOf(scene));
		await scene.clock.advance(60_000);
		expect(next.taken.at(-1)).toMatchObject({ receipt: `${first}.1.card`, card: { decided: true } });
		expect(program.taken.slice(before).filter(({ card }) => card?.title.includes("serves again"))).toEqual([]);
		for (const one of [program, next]) one.stop();
	});
});

describe("where it does not deliver its card (F13)", () => {
	it("the other channels have it from the start, and say so after a while", async () => {
		const { scene, chat } = createApp();
		await scene.trial();
		expect(lastCard(chat)?.buttons).toContain("confirm");
		expect(lastCard(chat)?.lines).not.toContain(silentLine);
		await scene.clock.advance(26_000);
		expect(lastCard(chat)?.lines).toContain(silentLine);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("they take it back when it has", async () => {
		const { scene, chat } = createApp();
		await scene.trial();
		await scene.clock.advance(40_000);
		expect(lastCard(chat)?.lines).toContain(silentLine);
		const program = programOf(scene, tokenOf(scene));
		await scene.clock.advance(5_000);
		expect(program.taken.map(({ card }) => card?.swapId)).toContain(first);
		expect(lastCard(chat)?.lines).not.toContain(silentLine);
		program.stop();
	});

	it("they say so in the next life too", async () => {
		const { scene, chat } = createApp();
		await scene.trial();
		await scene.clock.advance(15_000);
		await scene.restart();
		await scene.clock.advance(20_000);
		expect(lastCard(chat)?.lines).toContain(silentLine);
		await scene.restart();
		await scene.clock.advance(2_000);
		expect(lastCard(chat)?.lines).toContain(silentLine);
	});

	it("it can be confirmed all the same by who saw that line", async () => {
		const { scene } = createApp();
		await scene.trial();
		await scene.clock.advance(40_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("and there is no other channel, nobody can confirm it there, and it goes back by itself", async () => {
		const { scene } = createApp({ beside: false });
		await scene.trial();
		const token = tokenOf(scene);
		const refusal = expectRefusal(await scene.supervisor.relayClick(token, relayed("confirm")), "verdict_elsewhere");
		expect(refusal.next).toContain("command line");
		expect((await scene.swap()).handshake).toBe("pending_restart");
		await scene.clock.advance(130_000);
		expect(await expectEnd(scene, "rolled_back")).toMatchObject({ cause: { code: "deadline_passed" } });
	});

	it("a program that says that it cannot is tried again, as late as it asks", async () => {
		const { scene, chat } = createApp();
		await scene.trial();
		const token = tokenOf(scene);
		const never = new AbortController().signal;
		const message = accepted(await scene.supervisor.takeMail(token, never));
		const answer = { error: "429", retryAfterMs: 40_000, gone: false };
		expect(await scene.supervisor.answerMail(token, { id: message?.id ?? "", answer })).toBeNull();
		const program = programOf(scene, token);
		await scene.clock.advance(29_000);
		expect(program.taken).toEqual([]);
		expect(lastCard(chat)?.lines).toContain(silentLine);
		await scene.clock.advance(15_000);
		expect(program.taken.map(({ id }) => id)).toContain(message?.id);
		expect(lastCard(chat)?.lines).not.toContain(silentLine);
		program.stop();
	});
});

describe("a click of the program's chat", () => {
	it("goes back, in the name of who clicked", async () => {
		const { scene } = createApp();
		await scene.trial();
		const answer = accepted(await scene.supervisor.relayClick(tokenOf(scene), relayed("rollback")));
		expect(answer.sentence).toBe(`${first} is being rolled back.`);
		await scene.clock.advance(20_000);
		expect(await expectEnd(scene, "rolled_back")).toMatchObject({ decidedBy: "app:U1" });
	});

	it.each(["confirm", "approve", "extend"] as const)(
		"never says %s: the answer names where, and no key",
		async (verdict) => {
			const { scene } = createApp();
			await scene.trial();
			const before = await scene.types();
			const refusal = expectRefusal(
				await scene.supervisor.relayClick(tokenOf(scene), relayed(verdict)),
				"verdict_elsewhere",
			);
			expect(refusal.next).toContain("chat (https://chat.example/ops)");
			expect(refusal.next).toContain("page");
			expect(refusal.next).not.toContain("secret-key");
			expect(await scene.types()).toEqual(before);
			expect(await scene.supervisor.audits(first)).toContainEqual(
				expect.objectContaining({ verb: verdict, code: "verdict_elsewhere", by: { surface: "app", id: "U1" } }),
			);
		},
	);

	it("of a stranger is refused and kept", async () => {
		const { scene } = createApp();
		await scene.trial();
		const answer = accepted(await scene.supervisor.relayClick(tokenOf(scene), relayed("rollback", "U2")));
		expect(answer.sentence).toContain("app:U2 may not rollback");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.supervisor.audits(first)).toContainEqual(expect.objectContaining({ code: "not_authorised" }));
	});
});

describe("with agents", () => {
	it("a swap of an agent is shown by that agent's program alone", async () => {
		const { scene } = createApp({ agents: ["alice", "bob"] });
		await scene.begin();
		await scene.submit("alice", { "skills/hello.md": "hello 2" });
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		const [alice, bob] = ["alice", "bob"].map((name) => {
			const { programs } = scene.of(name);
			return programOf(scene, programs.tokenOf(programs.starts.at(-1)?.runId ?? ""));
		});
		const host = programOf(scene, tokenOf(scene));
		await scene.clock.advance(20_000);
		expect(alice?.taken.map(({ card }) => card?.swapId)).toContain(first);
		expect([...(bob?.taken ?? []), ...host.taken].filter(({ card }) => card !== null)).toEqual([]);
		for (const one of [alice, bob, host]) one?.stop();
	});
});
