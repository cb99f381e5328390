// What a tool of the MCP server is: its schemas and its call. Turns results and refusals into what agents read; knows no single tool.
import type {
	CallToolResult,
	ServerContext,
	StandardSchemaWithJSON,
	ToolAnnotations,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { problemsOf } from "../../config/config.js";
import type { ErrorView } from "../http/base/answers.js";
import { type Api, ApiRefused } from "./api.js";
import { attached, type Unseen } from "./unseen.js";

/** The supervised program speaks for itself where the server runs inside of one. */
export interface ProgramVoice {
	ready(): Promise<boolean>;
	progress(): Promise<boolean>;
	heartbeat(report: { readonly fatal?: string }): Promise<boolean>;
}

export interface ToolOptions {
	readonly api: Api;
	readonly unseen: Unseen;
	/** Monotonic. */
	readonly nowMs: () => number;
	/** Null: it speaks as a builder. */
	readonly program: ProgramVoice | null;
}

export interface Tool {
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly input: z.ZodObject;
	readonly output: z.ZodObject;
	readonly annotations: ToolAnnotations;
	readonly run: (args: never, options: ToolOptions, context: ServerContext) => Promise<object>;
}

interface Typed<I extends z.ZodObject, O extends z.ZodObject> extends Omit<Tool, "input" | "output" | "run"> {
	readonly input: I;
	readonly output: O;
	readonly run: (args: z.output<I>, options: ToolOptions, context: ServerContext) => Promise<z.input<O>>;
}

/** A tool whose parts fit each other. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(parts: Typed<I, O>): Tool {
	return parts as unknown as Tool;
}

/** `openWorldHint` is false everywhere: a tool reaches the supervisor beside it and nothing else. */
export const hints = {
	reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	adds: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
	says: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	takesBack: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
} as const satisfies Record<string, ToolAnnotations>;

/** Shown to clients as it is, but checked by `callTool`, so that what is wrong comes back with a code and a next step. */
export function shownOnly(schema: z.ZodObject): StandardSchemaWithJSON {
	const { "~standard": standard } = schema;
	const open = { ...standard, validate: (value: unknown) => ({ value }) };
	return { "~standard": open } as unknown as StandardSchemaWithJSON;
}

const refusal = z.object({
	code: z.string().describe("Stays the same from version to version"),
	message: z.string(),
	next: z.string().describe("What to do"),
	...attached,
});

/** What a tool answers, or a refusal: many clients hold results with `isError` against the schema too. */
export function answersOf({ output }: Tool): StandardSchemaWithJSON {
	return z.union([output, refusal]);
}

export async function callTool(
	one: Tool,
	given: unknown,
	options: ToolOptions,
	context: ServerContext,
): Promise<CallToolResult> {
	const read = one.input.safeParse(given ?? {});
	if (!read.success) return refusedResult(inputInvalid(one, read.error));
	try {
		const answer = await one.run(read.data as never, options, context);
		return resultOf({ ...answer, ...(await options.unseen.take(answer)) });
	} catch (error) {
		if (!(error instanceof ApiRefused)) return refusedResult(unexpected(error));
		return refusedResult({ ...error.view, ...(await options.unseen.take({})) });
	}
}

function inputInvalid({ name }: Tool, error: z.ZodError): ErrorView {
	const message = `The arguments of ${name} are not understood: ${problemsOf(error)}.`;
	return { code: "input_invalid", message, next: "Call it again with arguments that fit its input schema." };
}

function unexpected(error: unknown): ErrorView {
	const message = error instanceof Error ? error.message : String(error);
	return { code: "internal", message, next: "Try once more; then tell the user, whose supervisor's log says more." };
}

function refusedResult(view: ErrorView): CallToolResult {
	return { ...resultOf({ ...view }), isError: true };
}

/** The same twice: clients of before structured content read the text. */
function resultOf(structuredContent: Record<string, unknown>): CallToolResult {
	return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
