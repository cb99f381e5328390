// Plain text as WhatsApp shows it. WhatsApp has no escape, so what it would act on is broken by visible marks; what stands between fences of
// three backticks, as the core writes them, stays code. Numbers that look like a phone's stay as they are: tapping one only offers to call.
import { inertBlock } from "../../../core/rules/untrusted.js";

/** Ends of names that programs have and the web has not. */
const harmless = new Set(
	"js cjs mjs jsx ts tsx mts cts json jsonc yml yaml toml ini cfg conf env lock log txt csv xml html htm css scss sql db sqlite go rb java kt c h hpp cpp cs php swift lua exs erl hs vue svelte mdx diff patch test spec config local min map snap d git gitignore editorconfig dockerfile".split(
		" ",
	),
);

/** One line, or a part of one. */
export function inertText(line: string): string {
	return inertBlock(line)
		.replaceAll("{{emoji:", "{ {emoji:")
		.replaceAll("*", "∗")
		.replaceAll("~", "∼")
		.replaceAll("`", "'")
		.replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "＿")
		.replace(/(?<=[\p{L}\p{N}])\.(?=(\p{L}[\p{L}\p{N}-]+))/gu, (stop, next: string) =>
			harmless.has(next.toLowerCase()) ? stop : "[.]",
		)
		.replace(/^(\s*)([>])/, "$1›")
		.replace(/^(\s*)-(?=\s)/, "$1–")
		.replace(/^(\s*\d{1,9})\.(?=\s)/, "$1)");
}

/** Many lines; code in single backticks becomes code of WhatsApp's, which keeps what is in it. */
export function inertMessage(text: string, max: number): string {
	const lines: string[] = [];
	let code = false;
	for (const line of text.split(/\r?\n/)) {
		const isFence = line.trim() === "```";
		if (isFence) code = !code;
		lines.push(isFence ? "```" : code ? inertBlock(line) : spans(line));
	}
	const whole = [...lines, ...(code ? ["```"] : [])].join("\n");
	if (whole.length <= max) return whole;
	const cut = cutLines(lines, max - 6);
	return cut.filter((line) => line === "```").length % 2 === 1
		? [...cut, "…", "```"].join("\n")
		: [...cut, "…"].join("\n");
}

function spans(line: string): string {
	return line
		.split(/(`[^`]+`)/)
		.map((part, index) => (index % 2 === 1 ? inertBlock(part) : inertText(part)))
		.join("");
}

function cutLines(lines: readonly string[], max: number): readonly string[] {
	const kept: string[] = [];
	let length = 0;
	for (const line of lines) {
		length += line.length + 1;
		if (length > max) return [...kept, line.slice(0, Math.max(0, max - (length - line.length)))];
		kept.push(line);
	}
	return kept;
}
