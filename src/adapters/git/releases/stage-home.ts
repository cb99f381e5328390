// The home folder of a candidate's commands: empty, of one release alone, gone when the release is checked. Nothing of the operator's
// own home comes in but where packages are found. What only an install may see stands there while it runs.
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReleaseRef } from "../../../ports/ports.js";
import type { ReleaseContext } from "./release-context.js";

export interface StageHome {
	readonly folder: string;
	/** npm's cache, of all installs of this life: npm checks by hash what it takes from there. */
	readonly cache: string;
}

export function homeOf({ own }: ReleaseContext, release: ReleaseRef): StageHome {
	const homes = join(own.layout.stateDir, "homes");
	return { folder: join(homes, release.id), cache: join(homes, ".npm-cache") };
}

const cleared = new Map<string, Promise<void>>();

/** Once in a life, before its first home: what is there is of an earlier one. */
function clearEarlier({ own, files }: ReleaseContext): Promise<void> {
	const { stateDir } = own.layout;
	const known = cleared.get(stateDir) ?? files.remove(join(stateDir, "homes"));
	cleared.set(stateDir, known);
	return known;
}

/** `anew`: what an earlier try left there could lead this one astray. */
export async function openHome(
	context: ReleaseContext,
	release: ReleaseRef,
	{ anew, operatorHome }: { readonly anew: boolean; readonly operatorHome: string | undefined },
): Promise<StageHome> {
	const home = homeOf(context, release);
	await clearEarlier(context);
	if (anew) await closeHome(context, release);
	await mkdir(home.cache, { recursive: true, mode: 0o700 });
	if ((await stat(home.folder).catch(() => null)) !== null) return home;
	await mkdir(home.folder, { recursive: true, mode: 0o700 });
	await writeSettings(home, await operatorSettings(operatorHome));
	return home;
}

/** In npm's form; replaces what stood there. */
export function writeSettings({ folder }: StageHome, npmrc: string): Promise<void> {
	return writeFile(join(folder, ".npmrc"), npmrc, { mode: 0o600 });
}

/** What the operator's own file for npm says of where packages come from. */
export async function operatorSettings(operatorHome: string | undefined): Promise<string> {
	if (operatorHome === undefined) return "";
	return publicSettings(await readFile(join(operatorHome, ".npmrc"), "utf8").catch(() => ""));
}

export async function closeHome(context: ReleaseContext, release: ReleaseRef): Promise<void> {
	await context.files.remove(homeOf(context, release).folder);
}

const settings =
	/^(?:@[\w.-]+:)?registry$|^(?:https?-)?proxy$|^noproxy$|^cafile$|^strict-ssl$|^(?:prefer-)?offline$|^nodedir$|^fetch-[\w-]+$/;

/** Where packages come from, and how; never a token, a password, a URL with one in it, or what is read from the environment. */
export function publicSettings(npmrc: string): string {
	return kept(npmrc, (name) => settings.test(name));
}

/** All but what is secret: what the result of an install may depend on. */
export function openSettings(npmrc: string): string {
	return kept(npmrc, (name) => !/^\/\/|_auth|_password|username|^email$/i.test(name));
}

function kept(npmrc: string, wanted: (name: string) => boolean): string {
	const lines = npmrc.split("\n").map((line) => line.trim());
	const those = lines.filter((line) => {
		const [, name = "", value = ""] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
		return name !== "" && wanted(name) && !/\$\{|:\/\/[^/]*@/.test(value);
	});
	return those.map((line) => `${line}\n`).join("");
}
