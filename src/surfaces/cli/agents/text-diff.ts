// Two versions of a text as a unified diff. For people; nothing applies it.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

interface Versions {
	readonly path: string;
	readonly before: string | null;
	readonly after: string | null;
}

export function textDiff({ path, before, after }: Versions): string {
	if (before === after) return "";
	const [old, now] = [before, after].map((text) => (text === null ? "/dev/null" : path));
	const options = { context: 2, ignoreNewlineAtEof: true, headerOptions: FILE_HEADERS_ONLY };
	const diff = createTwoFilesPatch(old ?? "", now ?? "", before ?? "", after ?? "", undefined, undefined, options);
	return diff.replace(/\r$|^\\.*\n/gm, "").replace(/\n$/, "");
}
