// Makes one sealed release: the same way for the baseline and for a candidate. Live is never touched here.
import type { CheckResult } from "../../core/swap.js";
import type { Progress, ReleaseRef } from "../../ports/ports.js";
import type { TargetEngine } from "../base/context.js";
import { effect, Interrupted } from "../base/effects.js";

interface Request {
	readonly room: "stage" | "baseline";
	readonly release: ReleaseRef;
	/** Aborts when the work is no longer wanted: the running command is ended too. */
	readonly signal: AbortSignal;
	readonly progress: (step: string) => Progress;
}

/** Answers with what the checks said; a release that was whole already is not checked again. */
export async function makeRelease(
	engine: TargetEngine,
	{ room, release, signal, progress }: Request,
): Promise<readonly CheckResult[]> {
	const { releases } = engine.ports;
	if ((await releases.sealed(release.id)) !== null) return [];
	const run = async <T>(name: "checkout" | "install" | "build" | "check" | "seal", work: () => Promise<T>) => {
		if (signal.aborted) throw new Interrupted();
		progress(name)(`${name} ${release.id}`);
		return effect(engine.ports, `${room}.${name}`, work);
	};
	await run("checkout", () => releases.checkout(release));
	await run("install", () => releases.install(release, progress("install"), signal));
	await run("build", () => releases.build(release, progress("build"), signal));
	const checks = await run("check", () => releases.check(release, progress("check"), signal));
	await run("seal", () => releases.seal(release));
	return checks ?? [];
}
