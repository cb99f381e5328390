// Reads where a clone stands, out of files that its builder writes: as text only, no git runs in there.
import { isCommitHash } from "../trees/intake.js";
import { asBytes, openFolder, textIn } from "./workspace-reach.js";

const MAX_HEAD_BYTES = 4_096;
const MAX_PACKED_BYTES = 16 * 1024 * 1024;

/** Null where nothing readable stands there. One step from HEAD to a branch is followed, as git leaves it. */
export async function readCloneHead(path: string): Promise<string | null> {
	const root = await openFolder(path).catch(() => null);
	if (root === null) return null;
	try {
		const text = async (names: readonly string[], maxBytes = MAX_HEAD_BYTES) =>
			((await textIn(root, [".git", ...names], { maxBytes })) ?? "").trim();
		const head = await text(["HEAD"]);
		if (isCommitHash(head)) return head;
		const ref = /^ref: (refs\/heads\/.+)$/.exec(head)?.[1];
		if (ref === undefined || !isPlainRef(ref)) return null;
		const loose = await text(ref.split("/").map(asBytes));
		if (isCommitHash(loose)) return loose;
		return packed(await text(["packed-refs"], MAX_PACKED_BYTES), ref);
	} finally {
		await root.close();
	}
}

/** As git allows it: nothing that leads anywhere, no blanks and no control characters. */
function isPlainRef(ref: string): boolean {
	return ref.split("/").every((name) => {
		const plain = [...name].every((character) => character > " " && character !== "\u007f");
		return name !== "" && plain && !name.startsWith(".") && !name.includes("..");
	});
}

function packed(text: string, ref: string): string | null {
	const line = text.split("\n").find((one) => one.endsWith(` ${ref}`));
	const hash = line?.slice(0, line.indexOf(" ")) ?? "";
	return isCommitHash(hash) ? hash : null;
}
