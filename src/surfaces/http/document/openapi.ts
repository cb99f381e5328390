// The OpenAPI 3.1 document, made of the rows: paths, parameters, bodies, answers and errors. Loaded when somebody asks for it.
import { z } from "zod";
import type { ErrorShape } from "../base/error-shape.js";
import type { Route } from "../base/route.js";
import { problem } from "../schemas/schemas.js";
import { isWriting, problemsFor, responses } from "./problems.js";

export type Json = { readonly [key: string]: unknown };

export interface Operation {
	readonly operationId: string;
	readonly tags: readonly string[];
	readonly summary: string;
	readonly description: string;
	readonly security: readonly Json[];
	readonly "x-roles": Route["allow"];
	readonly parameters: readonly Json[];
	readonly requestBody?: Json;
	readonly responses: Readonly<Record<string, Json>>;
}

export interface Document {
	readonly openapi: string;
	readonly info: { readonly title: string; readonly version: string; readonly description: string };
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
	readonly components: {
		readonly schemas: Readonly<Record<string, Json>>;
		readonly responses: Json;
		readonly securitySchemes: Json;
	};
}

const description =
	"Proposes, follows and decides swaps. On the unix socket the file's permissions are the authority; over TCP a token is, and its role says which rows it may call.";

export function documentOf(rows: readonly Route[], version: string): Document {
	const schemas: Record<string, Json> = {};
	const paths: Record<string, Record<string, Operation>> = {};
	schemaOf(z.object({ problem }), schemas);
	for (const row of rows) paths[row.path] = { ...paths[row.path], [row.method]: operationOf(row, schemas) };
	const bearer = { type: "http", scheme: "bearer", description: "Made by `deadman token create`." };
	return {
		openapi: "3.1.0",
		info: { title: "deadman", version, description },
		paths,
		components: { schemas, responses, securitySchemes: { bearer } },
	};
}

function operationOf(row: Route, schemas: Record<string, Json>): Operation {
	const { method, path, tag, summary, allow, body } = row;
	const open = allow === "anyone";
	return {
		operationId: `${method}${path.replace(/[^A-Za-z0-9]+(\w)?/g, (_, letter: string = "") => letter.toUpperCase())}`,
		tags: [tag],
		summary,
		description: open ? "Anyone may call it." : `May be called by: ${allow.join(", ")}.`,
		security: open ? [] : [{ bearer: [] }],
		"x-roles": allow,
		parameters: parametersOf(row, schemas),
		...(body && { requestBody: { content: { "application/json": { schema: schemaOf(body, schemas) } } } }),
		responses: {
			...answersOf(row, schemas),
			...(row.errors === undefined ? problemsFor(row) : errorsOf(row, row.errors, schemas)),
		},
	};
}

/** The same refusals as of every row, in the shape of the system whose row it is. */
function errorsOf(row: Route, { name, schema }: ErrorShape, schemas: Record<string, Json>): Record<string, Json> {
	schemaOf(z.object({ error: schema.meta({ id: name }) }), schemas);
	const content = { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } };
	return Object.fromEntries(
		Object.keys(problemsFor(row)).map((status) => [status, { description: "Refused, or failed.", content }]),
	);
}

function parametersOf(row: Route, schemas: Record<string, Json>): Json[] {
	const inPath = [...row.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string" },
	}));
	const query = row.query === undefined ? {} : schemaOf(row.query, schemas);
	const required = (query.required ?? []) as readonly string[];
	const inQuery = Object.entries((query.properties ?? {}) as Json).map(([name, schema]) => ({
		name,
		in: "query",
		required: required.includes(name),
		schema,
	}));
	const key = { name: "Idempotency-Key", in: "header", required: false, schema: { type: "string" } };
	return [...inPath, ...inQuery, ...(isProposal(row) ? [key] : [])];
}

function isProposal(row: Route): boolean {
	return isWriting(row) && (row.path === "/v1/swaps" || row.path === "/v1/submissions");
}

function answersOf(row: Route, schemas: Record<string, Json>): Record<string, Json> {
	const { answer, status = 200, summary, unready, errors } = row;
	if (status === 204) return { [status]: { description: summary } };
	const content =
		typeof answer === "string"
			? { [answer]: { schema: answer === "application/json" ? { type: "object" } : { type: "string" } } }
			: { "application/json": { schema: schemaOf(errors === undefined ? enveloped(answer) : answer, schemas) } };
	return {
		[status]: { description: summary, content },
		...(unready !== undefined && { 503: { description: unready, content } }),
	};
}

/** With what every JSON answer has beside its own. */
function enveloped(answer: z.ZodType): z.ZodType {
	if (!(answer instanceof z.ZodObject)) throw new Error("An answer of JSON is an object.");
	return z.object({ schemaVersion: z.literal(1), ...answer.shape });
}

/** Named parts go into `schemas`, and are pointed to. */
function schemaOf(schema: z.ZodType, schemas: Record<string, Json>): Json {
	const { $schema, $defs = {}, ...root } = pointed(z.toJSONSchema(schema, { io: "input" })) as Json;
	for (const [name, { id, ...part }] of Object.entries($defs as Record<string, Json>)) {
		if (name in schemas && JSON.stringify(schemas[name]) !== JSON.stringify(part)) {
			throw new Error(`Two schemas are named ${name}.`);
		}
		schemas[name] = part;
	}
	return root;
}

function pointed(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(pointed);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, part]) =>
			key === "$ref" && typeof part === "string"
				? [key, part.replace("#/$defs/", "#/components/schemas/")]
				: [key, pointed(part)],
		),
	);
}
