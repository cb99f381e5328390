// A builder's text as people may read it in a chat: shown, never acted on. Mentions, links and fences are broken by visible marks, and
// nothing invisible is put in or left. Escaping for one platform is its adapter's.
import { printableBlock, printableLine } from "./printable.js";

/** What the marks stand for, for those who read them. */
export const legend = "In builders' text (at) stands for @, [:]// and [.] for links, ‹ for < and ' for a backtick.";

/** Slack's and Discord's `<!channel>`, `<@U1>`, `<#C1>`, `<https:…>`, `<t:0>`, and Teams' `<at>`. */
const angle = /<(?=[!@#:]|\/?[a-z][\w .-]{0,40}:|\/?at>)/gi;
const mention = /[@＠](?=[\p{L}\p{N}_])/gu;
const scheme = /:\/\//g;
const bareLink = /(www)\.|(mailto|javascript):/gi;
const fence = /`{3,}/g;

/** For the inside of a fence: line ends and tabs stay. */
export function inertBlock(text: string): string {
	return broken(printableBlock(text)).replace(fence, (run) => "'".repeat(run.length));
}

/** One line that is code to every chat, so that no markup of its own counts; at most `max` characters with a mark where it was cut. */
export function inertLine(text: string, max = Number.POSITIVE_INFINITY): string {
	const line = broken(printableLine(text)).replaceAll("`", "'").replaceAll("<", "‹").replaceAll(">", "›");
	return `\`${shortened(line, max - 2)}\``;
}

function broken(text: string): string {
	return text
		.replace(angle, "‹")
		.replace(mention, "(at)")
		.replace(scheme, "[:]//")
		.replace(bareLink, (_, www?: string, name?: string) => (www === undefined ? `${name}[:]` : `${www}[.]`));
}

/** Six characters more than it is given and two line ends. */
export function fenced(text: string): string {
	return `\`\`\`\n${text}\n\`\`\``;
}

/** At most `max` UTF-16 units, with a mark where something was cut off; never half a character. */
export function shortened(text: string, max: number): string {
	return text.length <= max ? text : `${text.slice(0, cutAt(text, max - 1))}…`;
}

/** `at`, or one less where that would part a pair of surrogates. */
export function cutAt(text: string, at: number): number {
	const last = text.charCodeAt(at - 1);
	return last >= 0xd800 && last <= 0xdbff ? at - 1 : at;
}

/** Ends with a full stop, whoever wrote it. */
export function sentence(text: string): string {
	const line = printableLine(text.trim());
	return line === "" || /[.!?…]$/.test(line) ? line : `${line}.`;
}
