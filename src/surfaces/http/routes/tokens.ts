// The rows that give out access and take it back. The secret of a token stands in one answer, the one to its making.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import type { RouteOptions } from "../base/caller.js";
import { operators, type Route, route } from "../base/route.js";
import { token as tokenBody } from "../schemas/bodies.js";
import { tokenView, tokenViewOf } from "../schemas/token-view.js";

const tag = "tokens";

export function tokenRoutes({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path: "/v1/tokens",
			tag,
			summary: "Make a token; its secret is shown this once",
			allow: operators,
			body: tokenBody,
			answer: z.object({ token: tokenView, secret: z.string() }),
			status: 201,
			async run({ caller, body }) {
				const made = await supervisor.createToken({ ...body, by: caller.actor });
				return isRefusal(made) ? made : { token: tokenViewOf(made.token), secret: made.secret };
			},
		}),
		route({
			method: "get",
			path: "/v1/tokens",
			tag,
			summary: "All tokens, revoked ones too",
			allow: operators,
			answer: z.object({ tokens: z.array(tokenView) }),
			async run({ caller }) {
				const tokens = await supervisor.tokens(caller.actor);
				return isRefusal(tokens) ? tokens : { tokens: tokens.map(tokenViewOf) };
			},
		}),
		route({
			method: "delete",
			path: "/v1/tokens/{id}",
			tag,
			summary: "Revoke a token, by its id or its name",
			allow: operators,
			answer: z.object({ token: tokenView }),
			async run({ caller, params }) {
				const revoked = await supervisor.revokeToken({ id: params.id, by: caller.actor });
				return isRefusal(revoked) ? revoked : { token: tokenViewOf(revoked) };
			},
		}),
	];
}
