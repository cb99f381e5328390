// Makes one sealed release: the same way for the baseline and for a candidate. Live is never touched here.
import type { Progress, ReleaseRef } from "../ports.js";
import type { Engine } from "./context.js";
import { effect } from "./effects.js";

interface Request {
	readonly room: "stage" | "baseline";
	readonly release: ReleaseRef;
	/** Asked before each effect: throws when the work is no longer wanted. */
	readonly proceed: () => void;
	readonly progress: (step: string) => Progress;
}

export async function makeRelease(engine: Engine, { room, release, proceed, progress }: Request): Promise<void> {
	const { releases } = engine.ports;
	if (await releases.isSealed(release.id)) return;
	const work = {
		checkout: () => releases.checkout(release),
		install: () => releases.install(release, progress("install")),
		build: () => releases.build(release, progress("build")),
		check: () => releases.check(release, progress("check")),
		seal: () => releases.seal(release),
	} as const;
	for (const name of ["checkout", "install", "build", "check", "seal"] as const) {
		proceed();
		progress(name)(`${name} ${release.id}`);
		await effect(engine.ports, `${room}.${name}`, work[name]);
	}
}
