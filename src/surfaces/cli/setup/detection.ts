// What `deadman init` finds out about a project: how it is started and built. Says what it chose; anything else is configured by hand.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../../config/config.js";
import { type Refusal, refuse } from "../../../core/refusals.js";

export interface Detected {
	readonly program: Pick<Config, "program" | "build">;
	/** Sentences about what was chosen and why. */
	readonly chosen: readonly string[];
}

export async function detect(root: string, command: string | null): Promise<Detected | Refusal> {
	const scripts = await scriptsOf(root);
	const start = command ?? startOf(scripts);
	if (start === null) {
		const problems = "there is no start script in package.json; name the command: --run CMD";
		return refuse("input_invalid", { problems });
	}
	const why = command === null ? "the start script of package.json" : "as given";
	const chosen = [`It runs ${JSON.stringify(start)} (${why}).`];
	if (scripts.build === undefined) return { program: { program: { command: start } }, chosen };
	const build = "npm run build";
	chosen.push(`It builds releases by ${JSON.stringify(build)} (package.json has a build script).`);
	return { program: { build, program: { command: start } }, chosen };
}

/** A plain `node file` is run without npm between, so that signals and exit codes are the program's own. */
function startOf({ start }: Readonly<Record<string, string>>): string | null {
	if (start === undefined || start.trim() === "") return null;
	return /^node [\w./ =@:-]+$/.test(start) ? start : "npm start";
}

async function scriptsOf(root: string): Promise<Readonly<Record<string, string>>> {
	try {
		const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { scripts?: object };
		return Object.fromEntries(Object.entries(scripts ?? {}).filter(([, line]) => typeof line === "string"));
	} catch {
		return {};
	}
}
