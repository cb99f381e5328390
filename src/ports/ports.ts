// Every way out of the process, in domain words. The engine knows these; adapters implement them; tests have twins.
// Every method may reject: the engine wraps each call with its site and turns a rejection into a StepFailure.

export type { ReleaseRef } from "../core/swap.js";
export * from "./agents.js";
export * from "./builders.js";
export * from "./code.js";
export * from "./delivery.js";
export * from "./emergency.js";
export * from "./journal.js";
export * from "./machine.js";
export * from "./mailbox.js";
export * from "./shared.js";
export * from "./target.js";
export * from "./upkeep.js";
