// Untrusted text made safe to print: control characters, escapes, direction marks and invisible ones become visible codes.

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

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
