// Which paths belong to programs of other systems, and the path by which a program of ours is known: `/run/<token>` before any of them. Serves nothing.
import type { Context } from "hono";
import { getPath } from "hono/utils/url";

const ofRun = /^\/run\/([\w-]{1,100})(\/.*)$/;

/** A row's path, whichever program asks for it. */
export function barePath(request: Request): string {
	const path = getPath(request);
	return path.startsWith("/run/") ? (ofRun.exec(path)?.[2] ?? path) : path;
}

/** The token that the path carries; null: none. */
export function runTokenIn(c: Context): string | null {
	const path = getPath(c.req.raw);
	return path.startsWith("/run/") ? (ofRun.exec(path)?.[1] ?? null) : null;
}

/** By their beginning: what does not exist there is refused in the same shape. */
export const gatewayPrefixes = {
	agent: "/api/v1/agent/",
	tenant: "/v1/tenant_status/",
	registry: "/registry/",
	workspaces: "/workspaces/",
} as const;

export function isGatewayPath(path: string): boolean {
	return Object.values(gatewayPrefixes).some((prefix) => path.startsWith(prefix));
}
