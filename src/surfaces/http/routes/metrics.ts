// The row of the figures for Prometheus.
import type { RouteOptions } from "../base/caller.js";
import { type Route, readers, route } from "../base/route.js";
import { createMetrics, metricsType } from "../figures/metrics.js";

export function metricsRoutes(options: RouteOptions): readonly Route[] {
	const metrics = createMetrics(options);
	return [
		route({
			method: "get",
			path: "/metrics",
			tag: "supervisor",
			summary: "Figures for Prometheus",
			allow: readers,
			answer: "text/plain",
			async run(_, c) {
				return c.body(await metrics.exposition(), 200, { "content-type": metricsType });
			},
		}),
	];
}
