// The whole HTTP interface: every row, in the order in which the document shows them.
import type { RouteOptions } from "./caller.js";
import type { Route } from "./route.js";
import { builderRoutes } from "./routes/builders.js";
import { dataRoutes } from "./routes/data.js";
import { decisionRoutes } from "./routes/decisions.js";
import { deliveryRoutes } from "./routes/delivery.js";
import { documentRoutes } from "./routes/document.js";
import { eventRoutes } from "./routes/events.js";
import { healthRoutes } from "./routes/health.js";
import { metricsRoutes } from "./routes/metrics.js";
import { notifyRoutes } from "./routes/notify.js";
import { statusRoutes } from "./routes/status.js";
import { swapRoutes } from "./routes/swaps.js";
import { tokenRoutes } from "./routes/tokens.js";
import { workspaceRoutes } from "./routes/workspaces.js";

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
		...metricsRoutes(options),
		...healthRoutes(options),
		...documentRoutes(() => rows),
	];
	return rows;
}
