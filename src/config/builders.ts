// The key `builders`: how builders are told what became of their swaps, beside the workspace and the next call. Sends nothing.
import { z } from "zod";
import { isLoopback } from "./http.js";
import { command, noNul } from "./shapes.js";

const webhook = z
	.strictObject({
		/** https, or http on this machine. */
		url: z.string().refine(isSafe, {
			message: "Write an https address, or an http one on this machine; without a user and a password in it.",
		}),
		/** A file that holds the shared secret, relative to the repository's folder. */
		secretFile: noNul.min(1).optional(),
		/** The environment variable of the supervisor that holds it. */
		secretEnv: z
			.string()
			.regex(/^[A-Za-z_]\w*$/)
			.optional(),
	})
	.refine(({ secretFile, secretEnv }) => (secretFile === undefined) !== (secretEnv === undefined), {
		message: "Name one of secretFile and secretEnv.",
	});

export const builders = z
	.strictObject({
		webhook: webhook.nullable().default(null),
		/** Run with the report as JSON on its stdin. */
		command: command.default(null),
	})
	.prefault({});

function isSafe(text: string): boolean {
	try {
		const { protocol, hostname, username, password } = new URL(text);
		if (username !== "" || password !== "") return false;
		return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
	} catch {
		return false;
	}
}
