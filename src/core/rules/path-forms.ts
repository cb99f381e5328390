// The names under which a path may be understood: as it is, in other cases, in other Unicode forms. What raises a class or forbids a
// path is looked for in all of them; what lowers one is looked for in the path as it is.

const plain = /^[\x21-\x7e]*$/;
const ignorable = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/gu;

/** Never empty; one form where the path is plain ASCII. */
export function formsOf(path: string): readonly string[] {
	if (plain.test(path)) return [path.toLowerCase()];
	return [...new Set([path, path.normalize("NFC").toLowerCase(), folded(path)])];
}

/** Full-width letters, ligatures, long and final s, dotless i and the Kelvin sign become what they look like; what shows nothing goes. */
function folded(path: string): string {
	const seen = path.replace(ignorable, "").normalize("NFKC").toUpperCase().toLowerCase();
	return seen.replace(ignorable, "").normalize("NFKC").replaceAll("ς", "σ");
}

/** For rules that somebody wrote: they are held against every form of a path. */
export function foldedRule(text: string): string {
	return plain.test(text) ? text.toLowerCase() : folded(text);
}

/** `folder` itself or anything below it, by whole names. */
export function isWithin(path: string, folder: string): boolean {
	return path === folder || path.startsWith(`${folder}/`);
}

/** Every name says itself: nothing is empty, `.` or `..`. */
export function isStraight(path: string): boolean {
	return !path.includes("\\") && path.split("/").every((name) => name !== "" && name !== "." && name !== "..");
}
