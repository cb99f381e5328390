// The tools by which an agent says that it lives and how far it is. They decide nothing: a supervised program speaks as itself, anybody else
// as a builder.
import { z } from "zod";
import { limits } from "../../core/limits.js";
import { refuse } from "../../core/refusals.js";
import { ApiRefused } from "./api.js";
import { hints, type ProgramVoice, type Tool, tool } from "./tool.js";
import { attached } from "./unseen.js";

const text = z.string().max(limits.summaryCharacters);

const said = z.object({
	acknowledged: z.literal(true),
	as: z.enum(["builder", "program"]).describe("Who spoke: a supervised program speaks as itself"),
	...attached,
});

const byBuilder = { acknowledged: true, as: "builder" } as const;

const postHeartbeat = tool({
	name: "post_heartbeat",
	title: "Post a heartbeat",
	description:
		"Says that you live and what you do, while you work on a longer task. Inside of a supervised program it is that program's own sign of " +
		"life, and a fatal error rolls a swap on trial back.",
	input: z.strictObject({
		status: z.enum(["online", "busy", "error", "benchmarked"]),
		task: text.optional().describe("What you work on, in a sentence"),
		error: z.strictObject({ severity: z.enum(["warning", "fatal"]), message: text }).optional(),
	}),
	output: said,
	annotations: hints.says,
	async run({ status, task = null, error = null }, { api, program }) {
		if (program !== null) {
			const fatal = error?.severity === "fatal" ? { fatal: error.message } : {};
			return heard((voice) => voice.heartbeat(fatal), program);
		}
		await api.heartbeat({ status, task, error });
		return byBuilder;
	},
});

const reportMilestone = tool({
	name: "report_milestone",
	title: "Report a milestone",
	description:
		"Says how far you are, as a note that people find in the swap's facts. Inside of a supervised program `ready` says that it serves, and " +
		"`progress` that a slow start still gets on.",
	input: z.strictObject({
		name: z.string().trim().min(1).max(200).describe("What was reached, in a few words"),
		detail: text.default(""),
		swap: z.string().min(1).max(200).optional().describe("The swap of yours that it is about"),
	}),
	output: said,
	annotations: hints.adds,
	async run({ name, detail, swap = null }, { api, program }) {
		if (program !== null && name === "ready") return heard((voice) => voice.ready(), program);
		if (program !== null && name === "progress") return heard((voice) => voice.progress(), program);
		await api.milestone({ name, detail, swap });
		return byBuilder;
	},
});

async function heard(say: (voice: ProgramVoice) => Promise<boolean>, voice: ProgramVoice) {
	if (await say(voice)) return { acknowledged: true, as: "program" } as const;
	const { code, message, next } = refuse("no_supervisor", { path: "DEADMAN_SOCKET" });
	throw new ApiRefused({ code, message, next });
}

export const saying: readonly Tool[] = [postHeartbeat, reportMilestone];
