// The whole HTTP interface: every row, in the order in which the document shows them.
import type { RouteOptions } from "../base/caller.js";
import type { Route } from "../base/route.js";
import { gatewayRoutes } from "../gateway/gateway.js";
import { agentRoutes } from "./agents.js";
import { builderRoutes } from "./builders.js";
import { dataRoutes } from "./data.js";
import { decisionRoutes } from "./decisions.js";
import { deliveryRoutes } from "./delivery.js";
import { documentRoutes } from "./document.js";
import { eventRoutes } from "./events.js";
import { healthRoutes } from "./health.js";
import { metricsRoutes } from "./metrics.js";
import { notifyRoutes } from "./notify.js";
import { statusRoutes } from "./status.js";
import { swapRoutes } from "./swaps.js";
import { tokenRoutes } from "./tokens.js";
import { upkeepRoutes } from "./upkeep.js";
import { workspaceRoutes } from "./workspaces.js";

export function routesOf(options: RouteOptions): readonly Route[] {
	const rows: readonly Route[] = [
		...swapRoutes(options),
		...decisionRoutes(options),
		...workspaceRoutes(options),
		...builderRoutes(options),
		...dataRoutes(options),
		...tokenRoutes(options),
		...statusRoutes(options),
		...eventRoutes(options),
		...deliveryRoutes(options),
		...notifyRoutes(options),
		...upkeepRoutes(options),
		...agentRoutes(options),
		...gatewayRoutes(options),
		...metricsRoutes(options),
		...healthRoutes(options),
		...documentRoutes(() => rows),
	];
	return rows;
}
