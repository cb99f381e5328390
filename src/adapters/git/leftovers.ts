// What a killed earlier life left in our own repository: locks, half-written packs and broken worktree registrations. Never looks at the operator's.
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.js";

/** Only what is older than this process: what is younger may be of a git that runs now. */
const startedAtMs = Date.now() - process.uptime() * 1_000;

export async function clearEarlierLeftovers(layout: Layout): Promise<void> {
	for (const folder of [layout.own, layout.lens]) {
		for (const path of await leftoversIn(folder)) await rm(path, { force: true });
	}
	await clearBrokenRegistrations(layout);
}

async function leftoversIn(folder: string): Promise<string[]> {
	const found: string[] = [];
	for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) found.push(...(/^[0-9a-f]{2}$/.test(entry.name) ? [] : await leftoversIn(path)));
		else if (/\.lock$|^tmp_/.test(entry.name) && (await isEarlier(path))) found.push(path);
	}
	return found;
}

async function isEarlier(path: string): Promise<boolean> {
	const found = await stat(path).catch(() => null);
	return found !== null && found.mtimeMs < startedAtMs;
}

/** A registration without a whole `commondir`, `gitdir` and `HEAD` makes other commands fail, whichever release it is of. */
async function clearBrokenRegistrations(layout: Layout): Promise<void> {
	const folder = join(layout.own, "worktrees");
	for (const name of await readdir(folder).catch(() => [])) {
		const admin = join(folder, name);
		if (!(await isWhole(admin)) && (await isEarlier(admin))) await rm(admin, { recursive: true, force: true });
	}
}

async function isWhole(admin: string): Promise<boolean> {
	const texts = await Promise.all(
		["commondir", "gitdir", "HEAD"].map((name) => readFile(join(admin, name), "utf8").catch(() => "")),
	);
	return texts.every((text) => text.trim() !== "");
}
