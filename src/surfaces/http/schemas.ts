// What answers look like, as zod: the OpenAPI document is made of these, and the tests hold every answer against them.
import { z } from "zod";
import type { TableCounts } from "../../core/swap.js";
import type { Workspace } from "../../ports.js";
import type { AuditView, FactView, SwapView } from "../view.js";
import type { ReviewView } from "./review.js";
import type { StatusView } from "./status.js";

export const swapView = z.custom<SwapView>();
export const swap = z.object({ swap: swapView });
export const swaps = z.object({ swaps: z.array(swapView) });
export const facts = z.array(z.custom<FactView>());
export const audits = z.array(z.custom<AuditView>());
export const data = z.array(z.custom<TableCounts>());
export const review = z.custom<ReviewView>();
export const workspace = z.custom<Workspace>();
export const status = z.custom<Omit<StatusView, "schemaVersion">>();
