// What WhatsApp's apps would do with a text: formatting by its rules, links and mentions. Wider than the apps, so that a text without
// findings has none there. After https://faq.whatsapp.com/539178204879377 (format your messages).
const rules: readonly (readonly [string, RegExp])[] = [
	["link", /:\/\//],
	["link", /\bwww\./i],
	["link", /mailto:|javascript:/i],
	[
		"link",
		/[\p{L}\p{N}]\.(?!(?:js|cjs|mjs|ts|tsx|jsx|json|ya?ml|test|html?|css|sql|txt|lock|db|git)\b)[\p{L}][\p{L}\p{N}-]+/iu,
	],
	["mention", /[@＠][\p{L}\p{N}]/u],
	["bold", /(?<![\p{L}\p{N}*])\*(?=\S)[^*\n]+\*(?![\p{L}\p{N}*])/u],
	["italic", /(?<![\p{L}\p{N}_])_(?=\S)[^\n]+?_(?![\p{L}\p{N}_])/u],
	["strike", /(?<![\p{L}\p{N}~])~(?=\S)[^~\n]+~(?![\p{L}\p{N}~])/u],
	["code", /`[^`\n]+`/],
	["line", /^\s*(?:>|[-*]|\d{1,9}\.)\s/m],
];

/** What it would be taken for; empty: nothing acts. */
export function actsIn(text: string): readonly string[] {
	return rules.filter(([, pattern]) => pattern.test(text)).map(([name]) => name);
}
