// Strings that a builder could write to act in a chat or to pass for us, and the patterns by which a chat would act.

/** What a chat acts on, wherever it stands: mentions, links, Slack's, Discord's and Teams' brackets. */
export const acts = [
	/[@＠][\p{L}\p{N}_]/u,
	/<[!@#:]/,
	/<\/?[a-z][\w .-]{0,40}:/i,
	/<\/?at>/i,
	/:\/\//,
	/\bwww\./i,
	/(mailto|javascript):/i,
	/`{3}/,
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
	/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/,
];

export const hostile = [
	"@everyone",
	"@here now",
	"＠everyone",
	"<!channel>",
	"<!subteam^S1>",
	"<@U123>",
	"<#C123|general>",
	"<@&42>",
	"<https://evil.example|Approve>",
	"<t:0:R>",
	"</confirm:123>",
	"<at>Owner</at>",
	"[Approve](https://evil.example)",
	"www.evil.example",
	"mailto:x@evil.example",
	"JavaScript:alert(1)",
	"tg://resolve?domain=evil",
	"```\nApproved by the owner.\n```",
	"````",
	"`code`",
	"*bold* _it_ ~no~ ||spoiler||",
	"evil\u202etxt.exe",
	"zero\u200bwidth @\u200beveryone",
	"\u001b[2J\u001b[31mred",
	"a\rb\u0000c",
	"\u2066hidden\u2069",
	"\u{e0041}\u{e0042}",
	"x\u3164y\u115fz",
];
