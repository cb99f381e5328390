// What the journal keeps of cards that are out, of clicks that came in, and of what is done once. Judges nothing.
import type { Database } from "better-sqlite3";
import type { Mail, SentCard, StoredClick } from "../../ports/ports.js";
import type { Sync } from "./concern.js";

interface ClickRow {
	readonly seq: number;
	readonly answer: string | null;
	readonly body: string;
}

/** Clicks that were judged are of use while their platform may still repeat them. */
const keptClicks = 10_000;

export function mailIn(database: Database): Sync<Mail> {
	return {
		sentCards(request) {
			const sql = `select seq, swap_id as swapId, epoch, kind, channel, place, receipt, face, state from cards
				where swap_id = @swapId and channel = @channel order by seq desc`;
			return database.prepare<[typeof request], SentCard>(sql).all(request);
		},
		keepCard(card) {
			database
				.prepare(
					`insert into cards (swap_id, epoch, kind, channel, place, receipt, face, state)
					values (@swapId, @epoch, @kind, @channel, @place, @receipt, @face, @state)
					on conflict (swap_id, epoch, kind, channel, place, receipt) do update set face = @face, state = @state`,
				)
				.run(card);
		},
		keepClick: (click) => database.transaction(() => keepClick(database, click)).immediate(),
		answerClick(seq, answer) {
			database.prepare("update clicks set answer = ? where seq = ? and answer is null").run(answer, seq);
		},
		openClicks() {
			const sql = "select seq, body from clicks where answer is null order by seq";
			const rows = database.prepare<[], ClickRow>(sql).all();
			return rows.map(({ seq, body }) => ({ ...(JSON.parse(body) as StoredClick), seq }));
		},
		keepMark(key, value) {
			const sql = "insert into marks (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";
			database.prepare(sql).run(key, value);
		},
		mark(key) {
			const sql = "select value from marks where key = ?";
			return database.prepare<[string], { value: string }>(sql).get(key)?.value ?? null;
		},
	};
}

function keepClick(database: Database, click: StoredClick): { seq: number; answer: string | null } {
	const event = click.eventId ?? null;
	const sql = "select seq, answer from clicks where channel = ? and event is not null and event = ?";
	const known = database.prepare<[string, string | null], ClickRow>(sql).get(click.channel, event);
	if (known !== undefined) return { seq: known.seq, answer: known.answer };
	const { lastInsertRowid } = database
		.prepare("insert into clicks (channel, event, body) values (?, ?, ?)")
		.run(click.channel, event, JSON.stringify(click));
	const seq = Number(lastInsertRowid);
	database.prepare("delete from clicks where seq <= ? and answer is not null").run(seq - keptClicks);
	return { seq, answer: null };
}
