// What no committed text may hold: paths of a machine that the project was written on, and addresses of package registries.
import type { Source } from "./sources.js";

/** Spelled in parts, so that this file does not find itself. */
const machineFolders = ["work", "root"].map((name) => new RegExp(`(?<![\\w.}*-])/${name}/[\\w.]`));

export function machinePaths({ path, text }: Source): string[] {
	return text
		.split("\n")
		.flatMap((line, index) =>
			machineFolders.some((folder) => folder.test(line)) ? [`${path}:${index + 1} names a path of one machine`] : [],
		);
}

interface Locked {
	readonly resolved?: string;
	readonly integrity?: string;
	readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function lockedIn(lock: string): Readonly<Record<string, Locked>> {
	return (JSON.parse(lock) as { packages?: Record<string, Locked> }).packages ?? {};
}

/** Lock files name packages and hashes; where they come from is everybody's own business. */
export function registryAddresses(lock: string): string[] {
	return Object.entries(lockedIn(lock))
		.filter(([, entry]) => entry.resolved !== undefined)
		.map(([name]) => `${name} is locked to an address`);
}

/** npm leaves out what its registry could not give it, for another platform too, and then refuses its own lock file at `npm ci`. */
export function unlockedPackages(lock: string): string[] {
	const packages = lockedIn(lock);
	return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
		Object.keys(optionalDependencies)
			.filter((name) => packages[`node_modules/${name}`] === undefined)
			.filter((name) => packages[`${path}/node_modules/${name}`] === undefined)
			.map((name) => `${name} is needed by ${path} on some platform, but not locked`),
	);
}

/** Whatever is installed is what was locked, byte for byte. */
export function unhashedPackages(lock: string): string[] {
	return Object.entries(lockedIn(lock))
		.filter(([path, { integrity }]) => path !== "" && integrity === undefined)
		.map(([path]) => `${path} has no hash`);
}
