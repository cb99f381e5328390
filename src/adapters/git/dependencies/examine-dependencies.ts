// What a release will run on, for `deadman doctor`: whether its dependencies are installed and how they are shared, what an install needs, and whether a
// release would find others' packages on its way up.
import { lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Install } from "../../../config/install.js";
import { ifAbsent } from "../../../core/absent.js";
import { RefusedError } from "../../../core/refusals.js";
import { wishFiles } from "../../../core/rules/node-wishes.js";
import type { Finding } from "../../../ports/ports.js";
import { type Contents, readContents } from "./entry.js";
import { npmrcInRepository, readInstallSecrets, unusable } from "./install-secrets.js";
import { placementOf, sharesBlocks } from "./placement.js";
import { type Trouble, troublesOf } from "./troubles.js";

export interface Ground {
	/** The operator's checkout. */
	readonly root: string;
	readonly stateDir: string;
	/** As configured; left out: by the lock file. */
	readonly install: Install | undefined;
	readonly activation: "release" | "in_place";
	/** Of the Node that releases run under; null: there is none such. */
	readonly version: string | null;
	/** Which of these paths git tracks in the checkout. */
	readonly tracked: (paths: readonly string[]) => Promise<readonly string[]>;
}

export async function examineDependencies(ground: Ground): Promise<Finding[]> {
	if (ground.install === null) return [];
	const troubles = (await troublesAt(ground)).map((trouble): Finding => ({ ...trouble, level: "warn" }));
	const said = [...troubles, ...(await givenToInstall(ground)), ...(await placed(ground))];
	// What lies in the operator's own checkout is installed there, and found there.
	return ground.activation === "in_place"
		? said.filter(({ name }) => name !== "dependencies")
		: [...said, ...(await foundAbove(ground))];
}

/** Of a checkout, as it lies there now. */
export async function troublesAt({
	root,
	install,
	version,
}: Pick<Ground, "root" | "install" | "version">): Promise<readonly Trouble[]> {
	const names = new Set(await readdir(root));
	const texts: Record<string, string> = {};
	for (const name of wishFiles) {
		const text = await readFile(join(root, name), "utf8").catch(() => null);
		if (text !== null) texts[name] = text;
	}
	return troublesOf({ names, texts, install, version });
}

/** A missing secret, a missing file, or one that every release would hold. */
async function givenToInstall({ root, install, tracked }: Ground): Promise<Finding[]> {
	const inside = await npmrcInRepository({ root, install });
	try {
		if (inside !== null && (await tracked([inside])).length > 0) throw unusable(inside, "git tracks it");
		await readInstallSecrets({ root, install });
		return [];
	} catch (error) {
		if (!(error instanceof RefusedError)) throw error;
		const { message, next } = error.refusal;
		return [{ name: "install", level: "warn", sentence: message, next }];
	}
}

/** What each release costs, as soon as there is anything to share. */
async function placed({ stateDir }: Ground): Promise<Finding[]> {
	const store = join(stateDir, "deps");
	const entries = await Promise.all(
		(await readdir(store).catch(ifAbsent([]))).map((name) => readContents(join(store, name))),
	);
	const found = entries.filter((one): one is Contents => one !== null);
	const newest = found.sort((one, other) => other.madeAtMs - one.madeAtMs)[0];
	if (newest === undefined) return [];
	const { how, reason } = placementOf({ reflink: await sharesBlocks(store), programWrites: true, built: false });
	const mebibytes = Math.ceil(newest.bytes / 1024 / 1024);
	const many = found.length === 1 ? "one set" : `${found.length} sets`;
	const cost = how === "reflink" ? "takes next to no space for its own" : `takes ${mebibytes} MiB of its own`;
	const sentence = `Dependencies are kept once (${many}; the newest: ${newest.files} files, ${mebibytes} MiB), and each release ${cost}: ${reason}.`;
	return [{ name: "sharing", level: "ok", sentence, next: null }];
}

/** Node looks for a package in every folder above: what it finds there was neither proposed nor sealed. */
async function foundAbove({ stateDir }: Ground): Promise<Finding[]> {
	for (let folder = stateDir; ; folder = dirname(folder)) {
		const modules = join(folder, "node_modules");
		if (await isThere(modules)) {
			return [
				{
					name: "packages",
					level: "warn",
					sentence: `A package that a release lacks is found in ${modules}, which no swap reviews and no rollback puts back.`,
					next: "Let `stateDir` lie outside of that folder, such as /var/lib/deadman/NAME.",
				},
			];
		}
		if (dirname(folder) === folder) return [];
	}
}

async function isThere(path: string): Promise<boolean> {
	return (await lstat(path).catch(ifAbsent(null))) !== null;
}
