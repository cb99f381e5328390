// Where programs of this machine reach the gateway over TCP: the address of the door, on loopback where the door listens everywhere.
import type { HttpSettings } from "../config/http.js";

/** Before the door is open; null: there is none, or its port is not known yet. */
export function gatewayAddress(http: HttpSettings | null): string | null {
	if (http === null || http.port === 0) return null;
	const { host, port } = http;
	return reachable(`http://${host.includes(":") ? `[${host}]` : host}:${port}`);
}

export function reachable(address: string): string {
	return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
