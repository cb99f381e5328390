// The library: what a program or a test that embeds deadman may import. Everything else is internal.
import type { Config } from "./config/config.js";

export { type Config, configJsonSchema, configSchema, parseConfig, type Settings } from "./config/config.js";
export type { Deadman, Instant } from "./core/deadman.js";
export { formatDuration, parseDuration } from "./core/duration.js";
export type { Fact } from "./core/facts.js";
export { isRefusal, type Refusal, type RefusalCode, type RefusalKind, RefusedError } from "./core/refusals.js";
export type {
	Actor,
	Cause,
	ChangedFile,
	CheckResult,
	Classification,
	Flag,
	Handshake,
	Outcome,
	Promotion,
	Shown,
	Status,
	Swap,
	TableCounts,
	TargetChange,
} from "./core/swap.js";
export type { Button, Card, CardKind } from "./core/words/card.js";
export type {
	DecideRequest,
	ProgramStatus,
	ProposeRequest,
	SubmitRequest,
	Supervisor,
	SupervisorEvent,
	SupervisorStatus,
	TargetStatus,
} from "./engine/verbs/supervisor.js";
export {
	createSupervisor,
	type DeliveryTools,
	type EmbeddedSupervisor,
	type SupervisorOptions,
} from "./library.js";
export {
	type Answer,
	type AuditEntry,
	type Capabilities,
	type Click,
	type Delivery,
	DeliveryFailed,
	type Inbox,
	type Log,
	type Place,
	type Received,
	type Reply,
	type Run,
	type Saying,
	type StoredReview,
	type Workspace,
} from "./ports/ports.js";

/** Types a configuration that is written in code; `deadman run` reads JSON only. Durations are strings, such as `"2m"`. */
export function defineConfig(config: Config): Config {
	return config;
}
