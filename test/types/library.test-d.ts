// What the public types promise a host: compiled by `npm run types`, never run.
import { heartbeat, type ready } from "../../src/client.js";
import {
	type Actor,
	type Card,
	type Config,
	createSupervisor,
	type Delivery,
	defineConfig,
	type EmbeddedSupervisor,
	type Fact,
	isRefusal,
	type Refusal,
	type Supervisor,
	type SupervisorEvent,
	type Swap,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>() => {};

const program = { command: "node server.js", readiness: { http: "http://127.0.0.1:1/" } } as const;
export const config: Config = defineConfig({ program, approval: "auto" });
// @ts-expect-error: approval is one of two words.
defineConfig({ program, approval: "perhaps" });
// @ts-expect-error: a program is needed.
defineConfig({});
// @ts-expect-error: unknown keys do not compile.
defineConfig({ program, deadmann: {} });

holds<Same<Card["kind"], "approval" | "card" | "promotion">>();

holds<Same<Actor["surface"] & ("cli" | "builder" | "program"), "cli" | "builder" | "program">>();
type EventTypes = "swap:changed" | "step:progress" | "program:changed" | "agent:changed" | "milestone:reached";
holds<Same<SupervisorEvent["type"], EventTypes>>();
holds<Same<Fact["atMs"], number>>();
holds<Same<ReturnType<Supervisor["confirm"]>, Promise<Swap | Refusal>>>();
holds<Same<Awaited<ReturnType<typeof ready>>, boolean>>();

/** A channel of one's own is one object. */
export const channel: Delivery = {
	name: "mine",
	surface: "web",
	limits: { message: 4_000, pieces: 1 },
	can: {
		edit: true,
		buttons: true,
		directMessage: false,
		thread: false,
		lookup: false,
		cardCharacters: 4_000,
		refreshMs: null,
	},
	start: async ({ click }) =>
		void (await click({ swapId: "", epoch: 1, nonce: "", verdict: "confirm", actorId: "me" })),
	send: async (card) => card.title,
	edit: async (receipt) => receipt,
	notice: async () => null,
	stop: async () => {},
	address: () => null,
};
// @ts-expect-error: a heartbeat's fatal is a sentence.
void heartbeat({ fatal: true });

export async function embedded(): Promise<Swap | null> {
	const supervisor = await createSupervisor({ root: ".", config });
	// @ts-expect-error: it may be a refusal.
	await supervisor.start();
	if (isRefusal(supervisor)) {
		holds<Same<typeof supervisor, Refusal>>();
		return null;
	}
	holds<Same<typeof supervisor, EmbeddedSupervisor>>();
	const swap = await supervisor.swap("sw_abcdef");
	return isRefusal(swap) ? null : swap;
}
