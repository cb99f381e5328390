// The supervisor's own state as answers show it, as zod.
import { z } from "zod";
import { surfaces } from "../../../config/delivery.js";
import type { Capabilities } from "../../../ports/ports.js";
import { agentSummary } from "./agents.js";
import { count, shaped, time } from "./names.js";
import type { BuilderView, ChannelView, ProgramView, StatusView, SupervisorView, TargetView } from "./status.js";
import { swapView } from "./swap.js";

const program = shaped<ProgramView>()(
	"Program",
	z.object({
		state: z.enum(["none", "starting", "running", "backing_off", "swapping"]),
		pid: z.number().int().nullable(),
		release: z.string().nullable(),
		startedAt: time.nullable(),
		restarts: count,
		proven: z.boolean().describe("Did the version that runs answer its probe?"),
		detail: z.string(),
	}),
);

const target = shaped<TargetView>()("Target", z.object({ name: z.string(), release: z.string().nullable(), program }));

const builder = shaped<BuilderView>()(
	"Builder",
	z.object({
		status: z.enum(["online", "busy", "error", "benchmarked"]),
		task: z.string().nullable(),
		error: z.object({ severity: z.enum(["warning", "fatal"]), message: z.string() }).nullable(),
		name: z.string(),
		lastSeenAt: time,
	}),
);

export const capabilities = shaped<Capabilities>()(
	"Capabilities",
	z.object({
		edit: z.boolean().describe("False: what became of a card is a new message"),
		buttons: z.boolean().describe("False: the card names what to type"),
		directMessage: z.boolean(),
		thread: z.boolean(),
		lookup: z.boolean().describe("A card whose receipt was lost is found again"),
		cardCharacters: count,
		refreshMs: z.number().nullable().describe("How often a card may be edited only to count down; null: never"),
	}),
);

const channel = shaped<ChannelView>()(
	"Channel",
	z.object({
		name: z.string(),
		surface: z.enum(surfaces).describe("Whose identities its clicks carry"),
		address: z.string().nullable().describe("Null while it is not up, and for who may not decide"),
		state: z.enum(["opening", "open", "failing"]),
		error: z.string().nullable(),
		pending: count.describe("Messages that wait to be sent"),
		oldestPendingAt: time.nullable(),
		refused: count.describe("What came in and was refused before it was a click, since the start"),
		lastRefusal: z.string().nullable(),
		can: capabilities,
	}),
);

const unsettled = shaped<SupervisorView["unsettled"][number]>()(
	"Unsettled",
	z.object({
		swapId: z.string(),
		branch: z.string().describe("Of the operator: it does not have the confirmed commit yet"),
		commit: z.string(),
		ref: z.string().describe("Keeps the commit in the operator's repository"),
		command: z.string().describe("What brings it to the branch"),
	}),
);

const supervisor = shaped<SupervisorView>()(
	"Supervisor",
	z.object({
		life: z.string().describe("Of this process"),
		pid: z.number().int(),
		startedAt: time,
		live: z.object({ release: z.string(), commit: z.string() }).nullable().describe("Null before the baseline stands"),
		program,
		targets: z.array(target).describe("The agents beside the host"),
		channels: z.array(channel),
		http: z.string().nullable().describe("Where the door over TCP listens; null: there is none"),
		agents: z.array(agentSummary),
		builders: z.array(builder),
		unsettled: z.array(unsettled),
		ahead: z
			.object({ branch: z.string(), commits: count })
			.nullable()
			.describe("Commits of the operator's branch that the live version lacks; null where that cannot be said"),
		notApart: z.string().optional().describe("Why who builds and who decides cannot be told apart here, as a clause"),
	}),
);

export const status = shaped<Omit<StatusView, "schemaVersion">>()(
	"Standing",
	z.object({ supervisor: supervisor.nullable(), swap: swapView.nullable() }),
);
