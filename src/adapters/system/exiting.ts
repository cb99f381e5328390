// Leaves the process for real. Tests have a twin that only remembers the code.
import type { Exiting } from "../../ports/ports.js";

export function createExiting(): Exiting {
	return { exit: (code) => process.exit(code) };
}
