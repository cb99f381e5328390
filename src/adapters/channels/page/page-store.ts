// What the page remembers over restarts, in `page/` of the state folder: its secret key, its port, the newest cards and notices. Serves nothing.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Card } from "../../../core/words/card.js";
import type { Files, Log } from "../../../ports/ports.js";

export interface PageStore {
	/** Part of the page's URL: who cannot read the state folder cannot click. */
	readonly key: string;
	/** The port of the last life, so that an open page and old buttons live on; null at first. */
	readonly port: number | null;
	rememberPort(port: number): Promise<void>;
	/** Newest first. */
	cards(): readonly Card[];
	notices(): readonly string[];
	/** Durable before it resolves. A card of the same swap, epoch and kind is replaced where it stands. */
	put(card: Card): Promise<void>;
	note(text: string): Promise<void>;
}

interface Shown {
	readonly schemaVersion: 1;
	readonly cards: readonly Card[];
	readonly notices: readonly string[];
}

const kept = { cards: 50, notices: 100, whileAsked: 2_000 };
const empty: Shown = { schemaVersion: 1, cards: [], notices: [] };

export async function openPageStore(options: {
	readonly stateDir: string;
	readonly files: Files;
	readonly log: Log;
}): Promise<PageStore> {
	const { files, log } = options;
	const folder = join(options.stateDir, "page");
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const [portFile, shownFile] = [join(folder, "port"), join(folder, "cards.json")];
	const key = await keyOf(join(folder, "key"), files);
	let shown = await readShown(shownFile, log);
	let writing: Promise<void> = Promise.resolve();

	/** One write after the other, each with everything known by then. */
	function keep(next: Shown): Promise<void> {
		shown = next;
		const written = writing.then(() => files.writeAtomic(shownFile, JSON.stringify(shown), 0o600));
		writing = written.catch(() => {});
		return written;
	}

	return {
		key,
		port: portOf(await readText(portFile)),
		rememberPort: (port) => files.writeAtomic(portFile, `${port}\n`, 0o600),
		cards: () => shown.cards,
		notices: () => shown.notices,
		put: (card) => keep({ ...shown, cards: withCard(shown.cards, card) }),
		note: async (text) => keep({ ...shown, notices: [text, ...shown.notices].slice(0, roomFor(shown)) }),
	};
}

/** What somebody is asked to read stays as long as they are asked. */
function roomFor({ cards, notices }: Shown): number {
	const isAsked = cards.some(({ kind, buttons }) => kind === "approval" && buttons.length > 0);
	if (isAsked && notices.length >= kept.whileAsked) throw new Error("The page holds all that it can show.");
	return isAsked ? kept.whileAsked : kept.notices;
}

function withCard(cards: readonly Card[], card: Card): readonly Card[] {
	const isIt = (other: Card) => other.swapId === card.swapId && other.epoch === card.epoch && other.kind === card.kind;
	const at = cards.findIndex(isIt);
	return at >= 0 ? cards.with(at, card) : [card, ...cards].slice(0, kept.cards);
}

/** A key that others could read or that is malformed is replaced: old links then show nothing. */
async function keyOf(path: string, files: Files): Promise<string> {
	const found = (await readText(path))?.trim() ?? "";
	if (/^[\w-]{43}$/.test(found)) {
		await chmod(path, 0o600);
		return found;
	}
	const key = randomBytes(32).toString("base64url");
	await files.writeAtomic(path, `${key}\n`, 0o600);
	return key;
}

function portOf(text: string | null): number | null {
	const port = Number(text?.trim() || Number.NaN);
	return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}

/** Cards that cannot be read are no loss that may stop a supervisor: the command line decides as well. */
async function readShown(path: string, log: Log): Promise<Shown> {
	const text = await readText(path);
	if (text === null) return empty;
	try {
		const shown = JSON.parse(text) as Shown;
		const readable = shown.schemaVersion === 1 && shown.cards.every(isCard) && Array.isArray(shown.notices);
		if (readable) return { ...shown, cards: shown.cards.map(complete) };
	} catch {}
	log.warn("page.cards_unreadable", { path });
	return empty;
}

/** Cards of before 0.2 had no kind: they were all of the one on trial. */
function complete(card: Card): Card {
	return { ...card, kind: card.kind ?? "card", phrase: card.phrase ?? null };
}

function isCard(card: Card): boolean {
	return typeof card.swapId === "string" && Array.isArray(card.lines) && Array.isArray(card.buttons);
}

async function readText(path: string): Promise<string | null> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}
