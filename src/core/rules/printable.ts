// Untrusted text made safe to print: control characters, escapes, direction marks, invisible ones and odd spaces become visible codes.

/** What shows nothing of its own, or looks like a space and is none; the emoji form after a pictograph may stay. */
const unsafe =
	/(?<!\p{Extended_Pictographic})\ufe0f|(?!\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

function visible(character: string): string {
	if (character === "\n") return "\\n";
	if (character === "\r") return "\\r";
	if (character === "\t") return "\\t";
	const code = character.codePointAt(0) ?? 0;
	const hex = code.toString(16);
	return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}

/** One line, whatever the text holds. */
export function printableLine(text: string): string {
	return text.replace(unsafe, visible);
}

/** Keeps line ends and tabs, neutralises the rest. */
export function printableBlock(text: string): string {
	return text.replace(unsafe, (character) =>
		character === "\n" || character === "\t" ? character : visible(character),
	);
}
