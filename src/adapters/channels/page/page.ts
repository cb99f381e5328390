// A local web page with the card's buttons, on 127.0.0.1. Its key, port and cards outlive the process, so that an old button still answers.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { CreateChannel } from "../../../channel-kind.js";
import type { Card } from "../../../core/words/card.js";
import type { Click, Delivery, Files, Inbox, Log, Nonces } from "../../../ports/ports.js";
import { plain } from "../plain.js";
import { createPageApp } from "./page-app.js";
import type { Settings } from "./page-kind.js";
import { openPageStore, type PageStore } from "./page-store.js";

export const create: CreateChannel<Settings> = ({ port }, { stateDir, nonces, files, log }) =>
	createPage({ port, stateDir, nonces, files, log });

export interface PageOptions {
	/** 0: the one of the last life, or any free one. */
	readonly port: number;
	readonly stateDir: string;
	readonly nonces: Nonces;
	readonly files: Files;
	readonly log: Log;
}

interface Served {
	readonly server: Server;
	readonly store: PageStore;
	readonly port: number;
}

const loopback = "127.0.0.1";

export function createPage(options: PageOptions): Delivery {
	let served: Served | null = null;
	let starting: Promise<Served> | null = null;

	/** A card counts as delivered only where it can be seen. */
	async function store(): Promise<PageStore> {
		const up = served ?? (await starting?.catch(() => null)) ?? null;
		if (up === null) throw new Error("The page is not up.");
		return up.store;
	}

	async function start(inbox: Inbox): Promise<void> {
		if (served !== null) return;
		starting = open(options, inbox);
		try {
			served = await starting;
		} finally {
			starting = null;
		}
	}

	async function stop(): Promise<void> {
		const up = served ?? (await starting?.catch(() => null)) ?? null;
		served = null;
		if (up === null) return;
		await new Promise((resolve) => {
			up.server.close(resolve);
			up.server.closeAllConnections();
		});
	}

	return {
		name: "page",
		surface: "page",
		limits: { message: 8_000, pieces: 16 },
		can: plain,
		start,
		async send(card) {
			await (await store()).put(card);
			return receiptOf(card);
		},
		/** The receipt names the card; where the card was lost meanwhile, it is put back. */
		async edit(_receipt, card) {
			await (await store()).put(card);
			return receiptOf(card);
		},
		async notice(text) {
			await (await store()).note(text);
			return null;
		},
		stop,
		address: () => (served === null ? null : `http://${loopback}:${served.port}/${served.store.key}/`),
	};
}

function receiptOf(card: Card): string {
	return `${card.swapId}:${card.epoch}:${card.kind}`;
}

async function open(options: PageOptions, inbox: Inbox): Promise<Served> {
	const { nonces, log } = options;
	const store = await openPageStore(options);
	const click = async (it: Click) => (await inbox.click(it)).sentence;
	const app = createPageApp({ store, nonces, log, click, port: () => (server.address() as AddressInfo).port });
	const server = createAdaptorServer({ fetch: app.fetch }) as Server;
	const port = await bind(server, options.port, store.port, log);
	if (port !== store.port) {
		await store.rememberPort(port).catch((error) => log.warn("page.port_not_kept", { error: String(error) }));
	}
	return { server, store, port };
}

/** A configured port is the only one; a remembered one that somebody took meanwhile is given up. */
async function bind(server: Server, configured: number, remembered: number | null, log: Log): Promise<number> {
	if (configured !== 0 || remembered === null) return listen(server, configured);
	try {
		return await listen(server, remembered);
	} catch (error) {
		log.warn("page.port_taken", { port: remembered, code: (error as NodeJS.ErrnoException).code });
		return listen(server, 0);
	}
}

function listen(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen({ port, host: loopback }, () => {
			server.off("error", reject);
			resolve((server.address() as AddressInfo).port);
		});
	});
}
