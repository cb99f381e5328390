// The key `http`: the door over TCP. Owns what an address, a host name and an origin may be; listens on nothing.
import { z } from "zod";
import { port } from "./shapes.js";

/** As `listen` takes it: IPv6 without brackets, and no port behind it. */
const host = z.union([z.ipv4(), z.ipv6(), z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/)], {
	message: 'Write the host without its port, such as "127.0.0.1" or "::1"; the port is `port`.',
});

/** As a client's Host header says it: with a port where one is named, on any port where none is. */
const allowedHost = z.string().regex(/^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/, {
	message:
		'Write a name as clients use it, such as "deadman.example" or "deadman.example:8443"; an IPv6 address in brackets.',
});

const origin = z
	.string()
	.refine(isOrigin, { message: 'Write a whole origin without a path, such as "https://desk.example".' });

export const http = z
	.strictObject({
		host: host.default("127.0.0.1"),
		/** 0: a free one, which the log and `deadman status` name. */
		port,
		/** Names that clients may call it by, beside its own address and, on a loopback address, the names of loopback. */
		allowedHosts: z.array(allowedHost).max(100).default([]),
		/** Web pages that may call it; none by default. */
		allowedOrigins: z.array(origin).max(100).default([]),
		/** Requests of one token, and of one address without a token. */
		rate: z.strictObject({ perMinute: z.number().int().min(1).max(1_000_000).default(600) }).prefault({}),
	})
	.superRefine((value, context) => {
		if (isLoopback(value.host) || value.allowedHosts.length > 0) return;
		const message = `${value.host} is reached from other machines: name in allowedHosts what clients call it.`;
		context.addIssue({ code: "custom", path: ["allowedHosts"], message });
	})
	.nullable()
	.default(null);

export type HttpSettings = NonNullable<z.output<typeof http>>;

/** Never left by a packet: only programs of this machine reach it. */
export function isLoopback(name: string): boolean {
	if (name.toLowerCase() === "localhost" || name === "::1") return true;
	return name.startsWith("127.") && z.ipv4().safeParse(name).success;
}

function isOrigin(text: string): boolean {
	try {
		const { origin, protocol } = new URL(text);
		return origin === text && (protocol === "http:" || protocol === "https:");
	} catch {
		return false;
	}
}
