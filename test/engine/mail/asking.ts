// What tests of routing play on: two chats and a page, people with preferences, and a proposal that waits for approval.
import { type Authority, openAuthority, type Person } from "../../../src/core/people/authority.js";
import { placeText } from "../../../src/core/place.js";
import type { Actor } from "../../../src/core/swap.js";
import type { EngineSettings } from "../../../src/engine/base/context.js";
import type { ProposeRequest } from "../../../src/engine/verbs/supervisor.js";
import { createMemoryDelivery, type MemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, type Scene } from "../scene.js";

export const agent: Actor = { surface: "builder", id: "1000" };

export const who = (name: string, change: Partial<Person> = {}): Person => ({
	name,
	identities: [`slack:U-${name}`, `telegram:${name}`],
	roles: ["owner"],
	targets: [],
	reach: ["slack", "telegram"],
	...change,
});

export function authorityOf(people: readonly Person[], approvals = 1): Authority {
	const host = { ...openAuthority.classes.host, typed: false, approvals };
	return { ...openAuthority, people, classes: { ...openAuthority.classes, host } };
}

export interface Asking {
	readonly scene: Scene;
	readonly slack: MemoryDelivery;
	readonly telegram: MemoryDelivery;
	readonly page: MemoryDelivery;
	propose(request?: Partial<ProposeRequest>): ReturnType<Scene["supervisor"]["propose"]>;
}

export interface AskingOptions {
	readonly people?: readonly Person[];
	readonly settings?: Partial<EngineSettings>;
	/** Wall clock, when it is proposed. */
	readonly at?: string;
}

/** Nothing is proposed yet. */
export async function ready({ people = [who("ana")], settings = {}, at }: AskingOptions = {}): Promise<Asking> {
	const slack = createMemoryDelivery({ name: "slack", surface: "slack" });
	const telegram = createMemoryDelivery({ name: "telegram", surface: "telegram" });
	const page = createMemoryDelivery({ name: "page", surface: "page", can: { directMessage: false } });
	const scene = createScene({
		channels: [slack, telegram, page],
		settings: { approval: "required", authority: authorityOf(people), ...settings },
	});
	if (at !== undefined) scene.clock.setWall(Date.parse(at));
	await scene.begin();
	let number = 1;
	function propose(request: Partial<ProposeRequest> = {}) {
		number += 1;
		const live = scene.git.branches.get("main");
		const revision = scene.git.commit({ "server.js": `version ${number}` }, live === undefined ? [] : [live]);
		return scene.supervisor.propose({ revision, summary: "says more", fileSummaries: {}, by: agent, ...request });
	}
	return { scene, slack, telegram, page, propose };
}

/** Proposed, and sent as far as it goes in a second. */
export async function asking(options: AskingOptions & { readonly request?: Partial<ProposeRequest> } = {}) {
	const asked = await ready(options);
	accepted(await asked.propose(options.request));
	await asked.scene.clock.advance(1_000);
	return asked;
}

/** What went out, in order: `card @U-ana`, `notice C2/7`, `edit` in the own conversation. */
export function wentOut({ sent, notices }: MemoryDelivery): readonly string[] {
	return sent.map(({ text, to, edited }) => {
		const kind = edited ? "edit" : notices.includes(text) ? "notice" : "card";
		const where = to.person === null ? [to.conversation, to.thread].filter((part) => part !== null).join("/") : "";
		return `${kind} ${to.person === null ? where : `@${to.person}`}`.trim();
	});
}

export const cardsAt = (chat: MemoryDelivery) => wentOut(chat).filter((one) => one.startsWith("card"));

/** The card as it stands there now. */
export function cardAt(chat: MemoryDelivery, kind: string, person: string | null) {
	const where = person === null ? "" : `@${placeText({ conversation: null, thread: null, person })}`;
	return [...chat.cards].find(([receipt]) => receipt.endsWith(`:${kind}${where}`))?.[1];
}
