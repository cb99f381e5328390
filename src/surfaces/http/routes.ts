// The whole HTTP interface: every row, in the order in which the document shows them.
import type { RouteOptions } from "./caller.js";
import type { Route } from "./route.js";
import { dataRoutes } from "./routes/data.js";
import { decisionRoutes } from "./routes/decisions.js";
import { statusRoutes } from "./routes/status.js";
import { swapRoutes } from "./routes/swaps.js";
import { workspaceRoutes } from "./routes/workspaces.js";

export function routesOf(options: RouteOptions): readonly Route[] {
	return [
		...swapRoutes(options),
		...decisionRoutes(options),
		...workspaceRoutes(options),
		...dataRoutes(options),
		...statusRoutes(options),
	];
}
