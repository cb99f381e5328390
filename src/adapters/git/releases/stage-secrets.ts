// What the install of one release may see beside its tree. A file that git tracks is refused: its token would be in every release.
import type { ReleaseRef } from "../../../ports/ports.js";
import {
	type InstallSecrets,
	npmrcInRepository,
	readInstallSecrets,
	readNpmrc,
	unusable,
} from "../dependencies/install-secrets.js";
import { topEntries } from "../dependencies/tracked-inputs.js";
import type { ReleaseContext } from "./release-context.js";

/** Rejects with a RefusedError. */
export async function secretsForInstall(context: ReleaseContext, release: ReleaseRef): Promise<InstallSecrets> {
	await assertUntracked(context, release);
	return readInstallSecrets(groundOf(context));
}

/** The text of the file for npm; null where none is named. */
export async function npmrcForInstall(context: ReleaseContext, release: ReleaseRef): Promise<string | null> {
	await assertUntracked(context, release);
	return readNpmrc(groundOf(context));
}

const groundOf = ({ root, settings }: ReleaseContext) => ({ root, install: settings.install });

async function assertUntracked(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	const inside = await npmrcInRepository(groundOf(context));
	if (inside === null || (await topEntries(context, release.tree, [inside])).size === 0) return;
	throw unusable(inside, "git tracks it, so every release would hold what only the install may see");
}
