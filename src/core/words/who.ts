// How somebody is named to people: by the identity that acted, with the name of the person it belongs to where one is configured.
import { type Authority, personOf } from "../people/people.js";
import { printableLine } from "../rules/printable.js";

/** `by` as `actorName` prints it: "telegram:4711 (ana)". */
export function whoIs(authority: Authority, by: string): string {
	const name = personOf(authority, by)?.name ?? null;
	return name === null ? printableLine(by) : `${printableLine(by)} (${printableLine(name)})`;
}

/** The name alone, where there is one. */
export function nameOf(authority: Authority, by: string): string {
	return printableLine(personOf(authority, by)?.name ?? by);
}
