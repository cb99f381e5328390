// The gate of production: every effect passes.
import type { Gate } from "../../ports/ports.js";

export const openGate: Gate = { around: (_site, effect) => effect() };
