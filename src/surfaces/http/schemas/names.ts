// How a schema gets its name in the document: `named` for any, `shaped` for one that has to equal a type of ours. Who adds a row touches nothing else.
import { z } from "zod";

/** The document has it once, as `#/components/schemas/<name>`. The schema that is given stays without a name. */
export function named<S extends z.ZodType>(name: string, schema: S): S {
	return schema.meta({ id: name });
}

/** `shaped<SwapView>()("Swap", z.object(...))`: compiles only while the schema and the type say the same, in both directions. */
export function shaped<T>() {
	return <S extends z.ZodType>(name: string, schema: S & Tie<T, z.output<S>>): z.ZodType<T, T> =>
		named(name, schema as z.ZodType) as unknown as z.ZodType<T, T>;
}

type Tie<T, O> = [Mutable<T>] extends [Mutable<O>]
	? [Mutable<O>] extends [Mutable<T>]
		? unknown
		: { readonly "the schema says what the type does not": O }
	: { readonly "the type says what the schema does not": O };

/** Zod's output is writable; what it describes is the same. */
export type Mutable<T> = T extends readonly (infer E)[]
	? Mutable<E>[]
	: T extends object
		? { -readonly [K in keyof T]: Mutable<T[K]> }
		: T;

/** Of all that people and programs read: ISO 8601 in UTC. */
export const time = z.iso.datetime();

export const strings = z.array(z.string());

export const count = z.number().int().min(0);
