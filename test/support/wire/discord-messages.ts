// What Discord refuses about a message, and what of one acts: pings, links, markup. After
// https://discord.com/developers/docs/resources/message and Discord's markdown.

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

/** In Discord's words; empty where the message is as it has to be. */
export function wrongMessage({ content, embeds = [], components = [], flags = 0 }: Json): string[] {
	if (flags & (1 << 15)) return ["Components V2 are not served here."];
	const wrong: string[] = [];
	const atMost = (max: number, text: string | undefined, where: string) => {
		if ((text ?? "").length > max) wrong.push(`${where}: Must be ${max} or fewer in length.`);
	};
	atMost(2_000, content ?? "", "content");
	if (embeds.length > 10) wrong.push("embeds: Must be 10 or fewer in length.");
	for (const { title, description, footer, fields = [] } of embeds) {
		atMost(256, title, "title");
		atMost(4_096, description, "description");
		atMost(2_048, footer?.text, "footer");
		if (fields.length > 25) wrong.push("fields: Must be 25 or fewer in length.");
		for (const { name, value } of fields) {
			atMost(256, name, "name");
			atMost(1_024, value, "value");
			if (name === "" || value === "") wrong.push("fields: This field is required");
		}
	}
	const total = embeds.flatMap(textsOfEmbed).join("").length;
	if (total > 6_000) wrong.push("embeds: Embed size exceeds maximum size of 6000");
	return [...wrong, ...wrongRows(components)];
}

function wrongRows(rows: Json[]): string[] {
	const ids = rows.flatMap(({ components = [] }) => components.map(({ custom_id }: Json) => custom_id));
	return [
		...(rows.length > 5 ? ["components: Must be 5 or fewer in length."] : []),
		...(new Set(ids).size === ids.length ? [] : ["Component custom id cannot be duplicated"]),
		...rows.flatMap(({ type, components = [] }) => [
			...(type === 1 ? [] : ["components: must be an action row"]),
			...(components.length < 1 || components.length > 5 ? ["components: Must be between 1 and 5 in length."] : []),
			...components.flatMap(({ label = "", custom_id = "" }: Json) => [
				...(label.length < 1 || label.length > 80 ? ["label: Must be between 1 and 80 in length."] : []),
				...(custom_id.length < 1 || custom_id.length > 100 ? ["custom_id: Must be between 1 and 100 in length."] : []),
			]),
		]),
	];
}

const textsOfEmbed = ({ title = "", description = "", footer, fields = [] }: Json): string[] => [
	title,
	description,
	...fields.flatMap(({ name, value }: Json) => [name, value]),
	footer?.text ?? "",
];

/** Everything a person reads, as written to the API. */
export const writtenOf = ({ content, embeds = [] }: Json): string =>
	[content ?? "", ...embeds.flatMap(textsOfEmbed)].filter((text) => text !== "").join("\n");

/** As people read it: without the backslashes that only escape. */
export const readOf = (message: Json): string =>
	writtenOf(message)
		.split("```")
		.map((part, index) =>
			index % 2 === 1 ? part : part.replace(times, "(a time)").replace(/\\([^A-Za-z0-9\s])/g, "$1"),
		)
		.join("```");

/** Ours: the end of a window, in the reader's time. */
const times = /<t:\d{10}:[RTtDdFf]>/g;
const markup = /[*_~|`]|<[@#:/a-z]|@everyone|@here|@\w|https?:|www\.|\]\(|^\s*(#{1,3}|-#|>|[-+*]|\d+\.)\s/gim;

/** What of a message would notify somebody, lead somewhere or change how something looks; `times`: how many times are ours. */
export function acting(message: Json, { times: ours = 0 } = {}): string[] {
	const mentions = JSON.stringify(message.allowed_mentions);
	const written = writtenOf(message);
	const seen = written
		.split("```")
		.filter((_, index) => index % 2 === 0)
		.join("\n");
	const found = seen.match(times) ?? [];
	const rest = seen.replace(times, "").replace(/\\[^A-Za-z0-9\s]/g, "");
	return [
		...(mentions === '{"parse":[]}' ? [] : [`allowed_mentions: ${mentions}`]),
		...(found.length === ours ? [] : found),
		...(rest.match(markup) ?? []),
		...(written.split("```").length % 2 === 1 ? [] : ["an open fence"]),
	];
}
