// What Telegram makes of a text: the entities that it was given, as it checks them, and those that its servers find by themselves outside
// of code. After https://core.telegram.org/bots/api#messageentity. Wider than Telegram, so that a text without findings has none there.
export interface Entity {
	readonly type: string;
	readonly offset: number;
	readonly length: number;
	readonly url?: string;
}

const found: readonly (readonly [string, RegExp])[] = [
	["url", /(?:https?|ftp|tg|ton):\/\/\S+/gi],
	["url", /(?<![\p{L}\p{N}@])(?:[\p{L}\p{N}_-]+\.)+[\p{L}]{2,}(?:[/:?#]\S*)?/gu],
	["url", /(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/g],
	["email", /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
	["mention", /(?<![\w@])@\w{3,32}/g],
	["hashtag", /(?<![\p{L}\p{N}])[#＃][\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*/gu],
	["cashtag", /(?<![p{L}p{N}$])\$[A-Z]{1,8}(?![A-Za-z])/g],
	["bot_command", /(?<![\w/<>])\/\w{1,64}(?:@\w+)?/g],
	["phone_number", /(?<!\d)\+\d[\d\s().-]{5,}\d/g],
	["bank_card_number", /(?<![\d])(?:\d[ -]?){12,18}\d(?!\d)/g],
];

const quiet = new Set(["code", "pre", "url", "text_link"]);

/** In offsets of UTF-16 units, as on the wire. Only the first 100 of those given count. */
export function entitiesOf(text: string, given: readonly Entity[]): readonly Entity[] {
	const kept = given.slice(0, 100);
	const covered = (start: number, end: number) =>
		kept.some((one) => quiet.has(one.type) && start < one.offset + one.length && end > one.offset);
	const own = found.flatMap(([type, pattern]) =>
		[...text.matchAll(pattern)]
			.filter(({ 0: run, index }) => !covered(index, index + run.length))
			.map(({ 0: run, index }) => ({ type, offset: index, length: run.length })),
	);
	return [...kept, ...own].sort((one, other) => one.offset - other.offset);
}

/** What would make Telegram refuse them; null: nothing. */
export function wrongEntities(text: string, given: readonly Entity[]): string | null {
	for (const { offset, length, type } of given) {
		if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length <= 0)
			return `entity beginning at UTF-16 offset ${offset} has wrong bounds`;
		if (offset + length > text.length)
			return `entity beginning at UTF-16 offset ${offset} ends after the end of the text`;
		if (splits(text, offset) || splits(text, offset + length))
			return `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol`;
		if (typeof type !== "string") return "entity has no type";
	}
	return null;
}

function splits(text: string, at: number): boolean {
	const code = text.charCodeAt(at);
	return at > 0 && code >= 0xdc00 && code <= 0xdfff;
}
