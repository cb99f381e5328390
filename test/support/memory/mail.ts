// Cards, clicks and marks of the journal in memory: same promises, no disk.
import type { Journal, SentCard, StoredClick } from "../../../src/ports/ports.js";

export interface MailDisk {
	cards: SentCard[];
	/** JSON of the click, with its answer. */
	clicks: { readonly seq: number; readonly click: string; answer: string | null }[];
	readonly marks: Map<string, string>;
}

export function emptyMailDisk(): MailDisk {
	return { cards: [], clicks: [], marks: new Map() };
}

type On = <T>(work: () => T) => Promise<T>;
type MailOnDisk = Pick<
	Journal,
	"sentCards" | "keepCard" | "keepClick" | "answerClick" | "openClicks" | "keepMark" | "mark"
>;

export function mailOn(disk: MailDisk, on: On): MailOnDisk {
	return {
		sentCards: ({ swapId, channel }) =>
			on(() => disk.cards.filter((card) => card.swapId === swapId && card.channel === channel).toReversed()),
		keepCard: (card) => on(() => keepCard(disk, card)),
		keepClick: (click) => on(() => keepClick(disk, click)),
		answerClick: (seq, answer) =>
			on(() => {
				for (const one of disk.clicks) if (one.seq === seq) one.answer ??= answer;
			}),
		openClicks: () =>
			on(() =>
				disk.clicks
					.filter(({ answer }) => answer === null)
					.map(({ seq, click }) => ({ ...(JSON.parse(click) as StoredClick), seq })),
			),
		keepMark: (key, value) => on(() => void disk.marks.set(key, value)),
		mark: (key) => on(() => disk.marks.get(key) ?? null),
	};
}

function keepCard(disk: MailDisk, card: Omit<SentCard, "seq">): void {
	const isSame = (one: SentCard) =>
		(["swapId", "epoch", "kind", "channel", "place", "receipt"] as const).every((key) => one[key] === card[key]);
	const known = disk.cards.find(isSame);
	if (known === undefined) disk.cards = [...disk.cards, { ...card, seq: disk.cards.length + 1 }];
	else disk.cards = disk.cards.map((one) => (one === known ? { ...card, seq: known.seq } : one));
}

function keepClick(disk: MailDisk, click: StoredClick): { seq: number; answer: string | null } {
	const isSame = (text: string) => {
		const other = JSON.parse(text) as StoredClick;
		return other.channel === click.channel && other.eventId === click.eventId;
	};
	const known = click.eventId == null ? undefined : disk.clicks.find((one) => isSame(one.click));
	if (known !== undefined) return { seq: known.seq, answer: known.answer };
	const seq = disk.clicks.length + 1;
	disk.clicks.push({ seq, click: JSON.stringify(click), answer: null });
	return { seq, answer: null };
}
