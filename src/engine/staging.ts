// Makes one sealed release: the same way for the baseline and for a candidate. Live is never touched here.
import type { Progress, ReleaseRef } from "../ports.js";
import type { Engine } from "./context.js";
import { effect, Interrupted } from "./effects.js";

interface Request {
	readonly room: "stage" | "baseline";
	readonly release: ReleaseRef;
	/** Aborts when the work is no longer wanted: the running command is ended too. */
	readonly signal: AbortSignal;
	readonly progress: (step: string) => Progress;
}

export async function makeRelease(engine: Engine, { room, release, signal, progress }: Request): Promise<void> {
	const { releases } = engine.ports;
	if ((await releases.sealed(release.id)) !== null) return;
	const work = {
		checkout: () => releases.checkout(release),
		install: () => releases.install(release, progress("install"), signal),
		build: () => releases.build(release, progress("build"), signal),
		check: () => releases.check(release, progress("check"), signal),
		seal: () => releases.seal(release),
	} as const;
	for (const name of ["checkout", "install", "build", "check", "seal"] as const) {
		if (signal.aborted) throw new Interrupted();
		progress(name)(`${name} ${release.id}`);
		await effect(engine.ports, `${room}.${name}`, work[name]);
	}
}
