// The row that tries the channels to people out. It sends a test card and touches no swap.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import type { ChannelTest } from "../../../engine/verbs/channels.js";
import type { RouteOptions } from "../base/caller.js";
import { operators, type Route, route } from "../base/route.js";
import { notification } from "../schemas/bodies.js";
import { count, shaped } from "../schemas/names.js";
import { capabilities } from "../schemas/status-schemas.js";

const channelTest = shaped<ChannelTest>()(
	"ChannelTest",
	z.object({
		name: z.string(),
		address: z.string().nullable(),
		failure: z
			.object({ code: z.string(), message: z.string(), next: z.string().describe("What to do about it") })
			.nullable()
			.describe("Null where it worked"),
		edited: z.boolean().describe("Its card was edited too"),
		tookMs: count,
		can: capabilities,
	}),
);

export function notifyRoutes({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path: "/v1/notify/test",
			tag: "supervisor",
			summary: "Send a test card to one channel, or to each, and tell how it went",
			allow: operators,
			body: notification,
			answer: z.object({ data: z.array(channelTest) }),
			async run({ caller, body }) {
				const data = await supervisor.testChannels({ by: caller.actor, channel: body.channel });
				return isRefusal(data) ? data : { data: [...data] };
			},
		}),
	];
}
