// The error shapes of the gateway, by path: of a row, and of what lies beside the rows under the same beginning.
import type { MiddlewareHandler } from "hono";
import { codedErrors, type ErrorShape, plainErrors, takeShape } from "../base/error-shape.js";
import { gatewayPrefixes, isGatewayPath } from "../base/gateway-paths.js";

export const heartbeatErrors = codedErrors({ code: "HEARTBEAT_ERROR", message: "Failed to process heartbeat" });
export const agentErrors = codedErrors({ code: "INTERNAL_ERROR", message: "Failed to process the request" });

function shapeAt(path: string): ErrorShape {
	if (path === `${gatewayPrefixes.agent}heartbeat`) return heartbeatErrors;
	return path.startsWith(gatewayPrefixes.agent) ? agentErrors : plainErrors;
}

/** Before every guard: whoever refuses, refuses in the shape of the row that was asked for. */
export const shaping: MiddlewareHandler = async (c, next) => {
	if (isGatewayPath(c.req.path)) takeShape(c, shapeAt(c.req.path));
	await next();
};
