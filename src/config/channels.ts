// What the settings of channels have in common: names, ids, addresses and secrets. Secrets are named, never written here. Knows no kind.
import { z } from "zod";
import { isLoopback } from "./http.js";
import { noNul } from "./shapes.js";

/** A value that stands elsewhere: in a variable of the supervisor's environment, or in a file, relative to the repository's folder. */
export const secret = z
	.strictObject({
		env: z
			.string()
			.regex(/^[A-Za-z_]\w*$/)
			.optional(),
		file: noNul.min(1).optional(),
	})
	.refine(({ env, file }) => (env === undefined) !== (file === undefined), { message: "Name one of env and file." });

export type SecretSource = z.output<typeof secret>;

/** https and wss, or http and ws on this machine; without a user and a password in it. */
export const safeUrl = z.string().refine(isSafe, {
	message: "Write an https address, or an http one on this machine; without a user and a password in it.",
});

/** As the platform writes it: the id of a conversation, a person or an application. */
export const id = noNul.min(1).max(200);

/** Channels of one kind are told apart by their names; left out: the kind. */
export const name = z
	.string()
	.regex(/^[a-z][a-z0-9-]{1,19}$/, { message: "Use 2 to 20 small letters, digits and `-`." })
	.optional();

/** Of every chat. */
export const chat = {
	name,
	/** Other conversations in which requests may come, and to which their cards go back. */
	conversations: z.array(id).default([]),
	/** In place of the platform's own address: a proxy, or a server for tests. */
	apiUrl: safeUrl.optional(),
};

function isSafe(text: string): boolean {
	try {
		const { protocol, hostname, username, password } = new URL(text);
		if (username !== "" || password !== "") return false;
		if (protocol === "https:" || protocol === "wss:") return true;
		return (protocol === "http:" || protocol === "ws:") && isLoopback(hostname.replace(/^\[|\]$/g, ""));
	} catch {
		return false;
	}
}
