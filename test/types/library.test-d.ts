// What the public types promise a host: compiled by `npm run types`, never run.
import {
	type Card,
	type Config,
	createSupervisor,
	defineConfig,
	type EmbeddedSupervisor,
	isRefusal,
	type Refusal,
	type Swap,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>() => {};

const program = { command: "node server.js", readiness: { http: "http://127.0.0.1:1/" } } as const;
export const config: Config = defineConfig({ program, approval: "auto" });
// @ts-expect-error: approval is one of two words.
defineConfig({ program, approval: "perhaps" });
// @ts-expect-error: a program is needed.
defineConfig({});
// @ts-expect-error: unknown keys do not compile.
defineConfig({ program, deadmann: {} });

holds<Same<Card["kind"], "approval" | "card" | "promotion">>();

export async function embedded(): Promise<Swap | null> {
	const supervisor = await createSupervisor({ root: ".", config });
	// @ts-expect-error: it may be a refusal.
	await supervisor.start();
	if (isRefusal(supervisor)) {
		holds<Same<typeof supervisor, Refusal>>();
		return null;
	}
	holds<Same<typeof supervisor, EmbeddedSupervisor>>();
	const swap = await supervisor.swap("sw_abcdef");
	return isRefusal(swap) ? null : swap;
}
