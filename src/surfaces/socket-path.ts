// Where the sockets of a state folder lie, and whether the system can bind such a path. Opens nothing.
import { join } from "node:path";
import { type Refusal, refuse } from "../core/refusals.js";

/** Bytes of `sun_path` without its NUL. */
const limitBytes = 107;

export function operatorSocketOf(stateDir: string): string {
	return join(stateDir, "deadman.sock");
}

export function refuseSocketPath(path: string): Refusal | null {
	if (Buffer.byteLength(path) <= limitBytes) return null;
	return refuse("path_too_long", { path, limit: limitBytes });
}
