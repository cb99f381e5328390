// How dependencies are installed: by a command alone, or with what only the install may see. One reading of both forms.
import { z } from "zod";
import { type SecretSource, secret } from "./channels.js";
import { command, insidePath, noNul } from "./shapes.js";

/** What commands are given anyway, and what would change more than the install. */
const reserved = /^(PATH|HOME|CI|LD_.*|NODE_OPTIONS|DEADMAN_.*)$/;

const secretName = z
	.string()
	.regex(/^[A-Za-z_]\w*$/)
	.refine((name) => !reserved.test(name), { message: "This variable is not a secret's." });

export const install = z.union([
	command,
	z.strictObject({
		/** Left out: detected by the lock file. */
		command: command.optional(),
		/** What a command of the operator's own depends on: tracked files or folders. Left out: on every tracked file. */
		inputs: z.array(insidePath).min(1).optional(),
		/** Environment variables that only the install sees. */
		secrets: z.record(secretName, secret).default({}),
		/** A file for npm, pnpm or yarn 1, relative to the repository's folder, that only the install sees; git must not track it. */
		npmrc: noNul.min(1).optional(),
		/** Dependencies without a lock file are installed anew for each release, as the registry then has them. */
		withoutLock: z.boolean().default(false),
	}),
]);

export type Install = z.output<typeof install>;

export interface InstallSettings {
	/** Undefined: by the lock file; null: nothing is installed. */
	readonly command: string | readonly string[] | null | undefined;
	readonly inputs: readonly string[] | null;
	readonly secrets: Readonly<Record<string, SecretSource>>;
	readonly npmrc: string | null;
	readonly withoutLock: boolean;
}

export function installOf(given: Install | undefined): InstallSettings {
	const plain = typeof given === "string" || Array.isArray(given) || given == null;
	if (plain) return { command: given, inputs: null, secrets: {}, npmrc: null, withoutLock: false };
	const { command, inputs = null, secrets, npmrc = null, withoutLock } = given;
	return { command, inputs, secrets, npmrc, withoutLock };
}
