// Refuses a release in which install, build or checks left a device or a file that runs as its owner: git has no such things, programs need none.
import { limits } from "../../../core/limits.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import type { ReleaseContext } from "./release-context.js";

/** Names the first one, and stops there. */
export function findSpecialArgs(): readonly string[] {
	const special = ["-type", "b", "-o", "-type", "c", "-o", "-type", "f", "-perm", "/6000"];
	return ["find", ".", "-xdev", "(", ...special, ")", "-printf", "%y %m %P", "-quit"];
}

export async function assertNoSpecialFiles({ commands, folder }: ReleaseContext, release: ReleaseRef): Promise<void> {
	const { stdout } = await commands.run({
		command: findSpecialArgs(),
		cwd: folder(release.id),
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.commandOutputBytes,
	});
	const [, kind, mode, path] = /^(\w) (\d+) (.*)$/s.exec(stdout.toString()) ?? [];
	if (path === undefined) return;
	const what = kind === "f" ? `a file that runs as its owner or group (mode ${mode})` : "a device";
	throw new Error(
		`Release ${release.id} holds ${what} after its build: ${JSON.stringify(path)}. Nothing of that kind is released.`,
	);
}
