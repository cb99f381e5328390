// The door over TCP as it is configured, for `deadman doctor`: who can reach it, and what it does not protect against. Opens nothing.
import { type HttpSettings, isLoopback } from "../../config/http.js";
import type { Finding } from "../../ports/ports.js";

/** Nothing is said of a door that is not configured. */
export function examineHttp(http: HttpSettings | null): Finding[] {
	if (http === null) return [];
	const { host, port } = http;
	const place = `${host.includes(":") ? `[${host}]` : host}:${port === 0 ? "a free port" : port}`;
	if (isLoopback(host)) {
		const sentence = `${place} answers programs of this machine that have a token.`;
		return [{ name: "http", level: "ok", sentence, next: null }];
	}
	return [
		{
			name: "http",
			level: "warn",
			sentence: `${place} answers other machines without TLS: tokens cross the network as they are.`,
			next: "Listen on 127.0.0.1 and let a proxy with TLS, or an ssh tunnel, reach it.",
		},
	];
}
