// The port Upkeep: what the state folder holds, and what of it goes. Only joins the parts.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { Removal, Upkeep } from "../../../ports/ports.js";
import { type OwnOptions, openOwnRepository } from "../repository/own-repository.js";
import { compact } from "./compact.js";
import { tidyRefs } from "./refs.js";
import { sizesOf } from "./sizes.js";

export function createUpkeep(options: OwnOptions): Upkeep {
	return {
		sizes: () => sizesOf(options),
		tidy: async (needed) => {
			const own = await openOwnRepository(options);
			return [...(await tidyRefs(own, needed)), ...(await tidyHomes(options, needed.dry))];
		},
		compact: async (signal) => compact(await openOwnRepository(options), options, signal),
	};
}

/** A home ends with the checks of its release; one that is there while nothing is staged is of a failure or a kill. npm's cache beside them stays for the next install. */
async function tidyHomes({ stateDir, files }: OwnOptions, dry: boolean): Promise<Removal[]> {
	const homes = join(stateDir, "homes");
	const left = (await readdir(homes).catch(ifAbsent([]))).filter((name) => !name.startsWith("."));
	if (!dry) for (const name of left) await files.remove(join(homes, name));
	return left.map((name) => ({ kind: "home", name }));
}
