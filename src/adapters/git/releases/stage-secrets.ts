// What the install of one release may see beside its tree. A file that git tracks is refused: its token would be in every release.
import type { ReleaseRef } from "../../../ports/ports.js";
import {
	type InstallSecrets,
	npmrcInRepository,
	readInstallSecrets,
	unusable,
} from "../dependencies/install-secrets.js";
import { topEntries } from "../dependencies/tracked-inputs.js";
import type { ReleaseContext } from "./release-context.js";

/** `release`: null where only settings are asked for. Rejects with a RefusedError. */
export async function secretsForInstall(context: ReleaseContext, release: ReleaseRef | null): Promise<InstallSecrets> {
	const ground = { root: context.root, install: context.settings.install };
	const inside = release === null ? null : await npmrcInRepository(ground);
	if (release !== null && inside !== null && (await topEntries(context, release.tree, [inside])).size > 0) {
		throw unusable(inside, "git tracks it, so every release would hold what only the install may see");
	}
	return readInstallSecrets(ground);
}
