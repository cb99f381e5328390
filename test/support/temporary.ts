// A folder of its own for one test, removed when the test ends, whichever way it ends.
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The real path of a new, empty folder. Call it inside a test. */
export async function temporaryFolder(name = "deadman-test"): Promise<string> {
	const folder = await makeTemporaryFolder(name);
	onTestFinished(() => removeTemporaryFolder(folder));
	return folder;
}

/** For `beforeAll`, where the caller removes it. */
export async function makeTemporaryFolder(name = "deadman-test"): Promise<string> {
	return realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
}

export function removeTemporaryFolder(folder: string): Promise<void> {
	return rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** For what is made once and copied by many files: files share a worker, so it goes with the folder of the whole run. */
export async function folderOfTheRun(name: string): Promise<string> {
	return realpath(await mkdtemp(join(tmpdir(), `made-${name}-`)));
}
