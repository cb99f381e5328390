// Which place has which numbered slot in a version, and whether its link stands. A slot is given once: other places may come and go.
import { readFileSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Mapping } from "../../../core/rules/classify.js";
import type { Files } from "../../../ports/ports.js";
import type { PrivateLayout } from "../repository/layout.js";
import type { PrivateContext, PrivateOptions } from "./private-context.js";

export interface Place extends Mapping {
	readonly slot: number;
	/** The link to the slot has stood: what lies there is the live content. */
	readonly linked: boolean;
	/** Folders of its template that are other places' templates, relative to it. */
	readonly except: readonly string[];
}

const entry = z.object({ folder: z.string(), slot: z.number().int().nonnegative(), linked: z.boolean() });
const schema = z.object({ schemaVersion: z.literal(1), places: z.array(entry) });
type Entry = z.output<typeof entry>;

function parse(text: string): readonly Entry[] {
	return schema.parse(JSON.parse(text)).places;
}

async function readEntries({ places }: PrivateLayout): Promise<readonly Entry[]> {
	try {
		return parse(await readFile(places, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

/** Where a program runs that has several folders but one of its own, or one folder alone; else null. A file of some hundred bytes is read. */
export function mainSlot({ places }: Pick<PrivateOptions, "places">, layout: PrivateLayout): number | null {
	const own = places.filter(({ template, folder }) => template === folder);
	const main = own.length === 1 ? own[0] : places.length === 1 ? places[0] : undefined;
	if (main === undefined) return null;
	try {
		const known = parse(readFileSync(layout.places, "utf8"));
		return known.find(({ folder }) => folder === main.folder)?.slot ?? places.indexOf(main);
	} catch {
		return places.indexOf(main);
	}
}

/** The places of the configuration; a new one gets the next slot. Writes nothing. */
export async function placesOf(context: PrivateContext): Promise<readonly Place[]> {
	const known = [...(await readEntries(context.layout))];
	for (const { folder } of context.places) {
		if (known.some((one) => one.folder === folder)) continue;
		const slot = await slotByLink(context, folder);
		const next = Math.max(-1, ...known.map((one) => one.slot)) + 1;
		known.push({ folder, slot: slot ?? next, linked: slot !== null });
	}
	return context.places.map((mapping) => {
		const { slot, linked } = known.find(({ folder }) => folder === mapping.folder) as Entry;
		return { ...mapping, slot, linked, except: exceptions(mapping, context.places) };
	});
}

/** What its link says, should the list be lost. */
async function slotByLink({ root, layout }: PrivateContext, folder: string): Promise<number | null> {
	const target = await readlink(join(root, folder)).catch(() => "");
	const slot = target.startsWith(`${layout.current}/`) ? target.slice(layout.current.length + 1) : "";
	return /^\d{1,4}$/.test(slot) ? Number(slot) : null;
}

function exceptions({ template }: Mapping, all: readonly Mapping[]): string[] {
	const below = all.filter((other) => other.template.startsWith(`${template}/`));
	return below.map((other) => other.template.slice(template.length + 1));
}

/** Places that left the configuration keep their slots. */
export async function writePlaces(files: Files, layout: PrivateLayout, places: readonly Place[]): Promise<void> {
	const others = (await readEntries(layout)).filter(({ folder }) => !places.some((one) => one.folder === folder));
	const entries = [...others, ...places.map(({ folder, slot, linked }) => ({ folder, slot, linked }))];
	entries.sort((a, b) => a.slot - b.slot);
	await files.writeAtomic(
		layout.places,
		`${JSON.stringify({ schemaVersion: 1, places: entries } satisfies z.output<typeof schema>)}\n`,
	);
}

/** The place that a path of the repository's tree lands in: the deepest one counts. */
export function placeOf(places: readonly Place[], path: string): Place | null {
	const fitting = places.filter(({ template }) => path === template || path.startsWith(`${template}/`));
	return fitting.reduce<Place | null>(
		(deepest, one) => (deepest === null || one.template.length > deepest.template.length ? one : deepest),
		null,
	);
}
