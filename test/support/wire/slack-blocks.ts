// What Slack refuses about blocks, and what of a message acts: mentions, links, markup. After https://docs.slack.dev/reference/block-kit.

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

/** In Slack's words; empty where the blocks are as they have to be. */
export function wrongBlocks(blocks: Json): string[] {
	if (!Array.isArray(blocks)) return ["must be an array"];
	const count = blocks.length > 50 ? [`no more than 50 items allowed [json-pointer:/blocks]`] : [];
	return [
		...count,
		...blocks.flatMap((block, index) => wrongBlock(block).map((what) => `${what} [json-pointer:/blocks/${index}]`)),
	];
}

function wrongBlock(block: Json): string[] {
	switch (block.type) {
		case "header":
			return wrongText(block.text, 150, "plain_text");
		case "section":
			return wrongText(block.text, 3_000);
		case "context":
			return block.elements.length > 10
				? ["no more than 10 items allowed"]
				: block.elements.flatMap((one: Json) => wrongText(one, 3_000));
		case "actions":
			return wrongActions(block.elements);
		case "rich_text":
			return block.elements.length === 0 ? ["must have at least one element"] : [];
		case "divider":
			return [];
		default:
			return [`unsupported type: ${block.type}`];
	}
}

function wrongActions(elements: Json[]): string[] {
	if (elements.length === 0 || elements.length > 25) return ["must have between 1 and 25 elements"];
	const ids = elements.map(({ action_id }) => action_id);
	if (new Set(ids).size !== ids.length) return ["action_id must be unique"];
	return elements.flatMap(({ text, action_id, value }) => [
		...wrongText(text, 75, "plain_text"),
		...(action_id.length > 255 ? ["action_id too long"] : []),
		...((value ?? "").length > 2_000 ? ["value too long"] : []),
	]);
}

function wrongText(text: Json, max: number, type?: string): string[] {
	if (text?.type !== "plain_text" && text?.type !== "mrkdwn") return ["missing required field: text"];
	if (type !== undefined && text.type !== type) return [`must be ${type}`];
	if (text.text.length === 0) return ["must be more than 0 characters"];
	return text.text.length > max ? [`must be less than ${max + 1} characters`] : [];
}

/** Everything a person reads, line by line. */
export function textOf({ text, blocks = [] }: { readonly text: string; readonly blocks?: Json[] }): string {
	if (blocks.length === 0) return text;
	return blocks.flatMap(textsOfBlock).join("\n");
}

function textsOfBlock(block: Json): string[] {
	if (block.type === "actions") return [];
	if (block.type === "rich_text") return block.elements.map((part: Json) => part.elements.map(wordsOf).join(""));
	return [block.text?.text ?? "", ...(block.elements ?? []).map((one: Json) => one.text)];
}

const wordsOf = (one: Json): string => one.text ?? `<${one.type}>`;

/** What of a message would notify somebody, lead somewhere or change how something looks. Empty: it is only read. */
export function acting(message: Json): string[] {
	const found: string[] = [];
	const words = /<[^>]*>/g;
	if (message.parse !== "none") found.push(`parse: ${message.parse}`);
	if (message.link_names !== "false" && message.link_names !== false) found.push(`link_names: ${message.link_names}`);
	found.push(...(message.text.match(words) ?? []));
	walk(message.blocks ?? [], (node) => {
		if (node.type === "mrkdwn" && !isCode(node) && !isEnd(node)) found.push(`mrkdwn: ${node.text}`);
		if (node.type === "plain_text" && /[<>]/.test(node.text)) found.push(`plain_text: ${node.text}`);
		if (["user", "usergroup", "channel", "link", "broadcast", "emoji"].includes(node.type))
			found.push(`element: ${node.type}`);
		if (node.emoji === true) found.push(`emoji: ${node.text}`);
	});
	return found;
}

/** A code block in which nothing is parsed. */
const isCode = ({ text, verbatim }: Json): boolean =>
	verbatim === true && /^```\n[^<>]*\n```$/.test(text) && text.split("```").length === 3;

/** When a card ends by itself: words of ours and one date. */
const isEnd = ({ text, verbatim }: Json): boolean =>
	verbatim === true &&
	/^[A-Z][a-z0-9 ,]+ <!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[\d: -]+ UTC>\.$/.test(text);

function walk(node: Json, see: (node: Json) => void): void {
	if (Array.isArray(node)) for (const one of node) walk(one, see);
	else if (typeof node === "object" && node !== null) {
		see(node);
		for (const one of Object.values(node)) walk(one, see);
	}
}
