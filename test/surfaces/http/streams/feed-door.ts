// A journal behind a door, for the tests of what reads its feed: facts are appended and told as a supervisor does, and the clock is moved by hand.
import { join } from "node:path";
import { openJournal } from "../../../../src/adapters/journal/journal.js";
import type { Fact } from "../../../../src/core/facts.js";
import { evolve, evolveAll } from "../../../../src/core/machine/evolve.js";
import { openAuthority } from "../../../../src/core/people/authority.js";
import { isRefusal, refuse } from "../../../../src/core/refusals.js";
import type { Actor, Swap } from "../../../../src/core/swap.js";
import type { Journal, NewMessage } from "../../../../src/ports/ports.js";
import { createApp } from "../../../../src/surfaces/http/base/answers.js";
import type { Caller } from "../../../../src/surfaces/http/base/route.js";
import { type Door, listen } from "../../../../src/surfaces/http/doors/listen.js";
import { serveRoutes } from "../../../../src/surfaces/http/doors/serve.js";
import { routesOf } from "../../../../src/surfaces/http/routes/routes.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { createMemoryClock } from "../../../support/memory/clock.js";
import { createMemoryJournal } from "../../../support/memory/journal.js";
import { createFakeSupervisor } from "../../../support/memory/supervisor.js";
import { createLines } from "../../doorway.js";

export const ann: Actor = { surface: "builder", id: "ann" };
export const bob: Actor = { surface: "builder", id: "bob" };

export const operator: Caller = {
	actor: { surface: "cli", id: "1000" },
	role: "operator",
	target: null,
	confined: false,
};
export const builder = (actor: Actor): Caller => ({ actor, role: "builder", target: null, confined: true });

export type FeedDoor = ReturnType<typeof createFeedDoor>;

/** `caller` is whoever asks, and may be changed between requests. */
export function createFeedDoor(journal: Journal, caller: Caller = operator) {
	const clock = createMemoryClock();
	const supervisor = createFakeSupervisor();
	const { lines, log } = createLines();
	const asked = { caller };
	Object.assign(supervisor.answers, {
		feed: journal.feed,
		feedEnd: journal.feedEnd,
		figures: journal.figures,
		swap: async (id: string) => (await journal.swap(id)) ?? refuse("swap_unknown", { id }),
	} satisfies typeof supervisor.answers);
	const view = (swap: Swap) => viewOf(swap, clock.now(), openAuthority);
	const shared = { supervisor, log, scrub: (text: string) => text, authority: openAuthority, view, clock };
	const app = createApp(shared);
	serveRoutes(app, routesOf(shared), async () => asked.caller, supervisor.noteRefused);

	/** Told after it is on disk, as the engine does. */
	async function add(swapId: string, facts: readonly Fact[], messages: readonly NewMessage[] = []): Promise<void> {
		const before = (await journal.swap(swapId)) ?? evolveAll(swapId, []);
		const next = facts.reduce(evolve, before);
		await journal.append({ swapId, expectedVersion: before.version, facts, next, messages });
		supervisor.emit({ type: "swap:changed", swap: next, facts });
	}

	const draft = (swapId: string, proposer: Actor) =>
		add(swapId, [{ type: "drafted", atMs: clock.now().wallMs, target: "host", workspace: null, proposer }]);
	const note = (swapId: string, ...texts: readonly string[]) =>
		add(
			swapId,
			texts.map((text) => ({ type: "noted", atMs: clock.now().wallMs, text })),
		);

	return { app, clock, supervisor, lines, asked, journal, add, draft, note };
}

/** A feed door on a unix socket in `folder`, over the journal of SQLite that lies there; `now` tells it when messages were written. */
export async function openFeedDoor(folder: string, caller?: Caller, now?: () => number) {
	const journal = await openJournal({ file: join(folder, "state.db"), ...(now === undefined ? {} : { now }) });
	if (isRefusal(journal)) throw new Error(journal.message);
	const feedDoor = createFeedDoor(journal, caller);
	const path = join(folder, "deadman.sock");
	const door: Door = await listen({ app: feedDoor.app, path });
	return {
		...feedDoor,
		path,
		async close() {
			await door.close();
			await journal.close();
		},
	};
}

/** In memory and without a socket: for many tries. */
export function createFeedDoorInMemory(caller?: Caller): FeedDoor {
	return createFeedDoor(createMemoryJournal({ now: () => 0 }), caller);
}
