// What the journal keeps of cards that are out, of clicks that came in, and of what is done once. Judges nothing.
import type { Database } from "better-sqlite3";
import type { SentCard, StoredClick } from "../../ports/ports.js";

export function sentCardsOf(
	database: Database,
	request: { readonly swapId: string; readonly channel: string },
): SentCard[] {
	const sql = `select seq, swap_id as swapId, epoch, kind, channel, place, receipt, face, state from cards
		where swap_id = @swapId and channel = @channel order by seq desc`;
	return database.prepare<[typeof request], SentCard>(sql).all(request);
}

export function keepCard(database: Database, card: Omit<SentCard, "seq">): void {
	database
		.prepare(
			`insert into cards (swap_id, epoch, kind, channel, place, receipt, face, state)
			values (@swapId, @epoch, @kind, @channel, @place, @receipt, @face, @state)
			on conflict (swap_id, epoch, kind, channel, place, receipt) do update set face = @face, state = @state`,
		)
		.run(card);
}

interface ClickRow {
	readonly seq: number;
	readonly answer: string | null;
	readonly body: string;
}

/** Clicks that were judged are of use while their platform may still repeat them. */
const keptClicks = 10_000;

export function keepClick(database: Database, click: StoredClick): { seq: number; answer: string | null } {
	const event = click.eventId ?? null;
	const run = database.transaction(() => {
		const sql = "select seq, answer from clicks where channel = ? and event is not null and event = ?";
		const known = database.prepare<[string, string | null], ClickRow>(sql).get(click.channel, event);
		if (known !== undefined) return { seq: known.seq, answer: known.answer };
		const { lastInsertRowid } = database
			.prepare("insert into clicks (channel, event, body) values (?, ?, ?)")
			.run(click.channel, event, JSON.stringify(click));
		const seq = Number(lastInsertRowid);
		database.prepare("delete from clicks where seq <= ? and answer is not null").run(seq - keptClicks);
		return { seq, answer: null };
	});
	return run.immediate();
}

export function answerClick(database: Database, seq: number, answer: string): void {
	database.prepare("update clicks set answer = ? where seq = ? and answer is null").run(answer, seq);
}

export function openClicksOf(database: Database): (StoredClick & { seq: number })[] {
	const rows = database.prepare<[], ClickRow>("select seq, body from clicks where answer is null order by seq").all();
	return rows.map(({ seq, body }) => ({ ...(JSON.parse(body) as StoredClick), seq }));
}

export function keepMark(database: Database, key: string, value: string): void {
	const sql = "insert into marks (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";
	database.prepare(sql).run(key, value);
}

export function markOf(database: Database, key: string): string | null {
	const sql = "select value from marks where key = ?";
	return database.prepare<[string], { value: string }>(sql).get(key)?.value ?? null;
}
