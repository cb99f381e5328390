// The rows of bounded disk: what takes how much, what would go, and its removal.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import type { Removal, Size } from "../../../ports/ports.js";
import type { RouteOptions } from "../base/caller.js";
import { operators, type Route, route } from "../base/route.js";
import { nothing } from "../schemas/bodies.js";
import { count, shaped } from "../schemas/names.js";

const size = shaped<Size>()(
	"Size",
	z.object({
		name: z.string().describe("A part of the state folder"),
		bytes: count.describe("On disk"),
		count: count.describe("Entries, such as releases"),
	}),
);

const removal = shaped<Removal>()(
	"Removal",
	z.object({
		kind: z.enum(["release", "snapshot", "data", "files", "ref", "home"]),
		name: z.string(),
	}),
);

const answer = z.object({ removed: z.array(removal), sizes: z.array(size) });

export function upkeepRoutes({ supervisor }: RouteOptions): readonly Route[] {
	const pruning = (dry: boolean, summary: string) =>
		route({
			method: "post",
			path: dry ? "/v1/prune/look" : "/v1/prune",
			tag: "supervisor",
			summary,
			allow: operators,
			body: nothing,
			answer,
			async run({ caller }) {
				const removed = await supervisor.prune({ by: caller.actor, dry });
				if (isRefusal(removed)) return removed;
				return { removed: [...removed], sizes: [...(await supervisor.sizes())] };
			},
		});
	return [
		pruning(true, "What nobody needs any more, and what takes how much; removes nothing"),
		pruning(false, "Remove what nobody needs any more, and pack the supervisor's own repository"),
	];
}
