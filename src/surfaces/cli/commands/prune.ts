// `deadman prune`: what nobody needs any more goes, or is only told.
import type { Removal, Size } from "../../../ports/ports.js";
import { renderRemovals, renderSizes } from "../../text/upkeep.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

interface Prunes extends Common {
	readonly dryRun: boolean;
}

interface Answer {
	readonly removed: Removal[];
	readonly sizes: Size[];
}

export async function prune(terminal: Terminal, options: Prunes): Promise<void> {
	const session = await openSession(options, terminal);
	const path = options.dryRun ? "/v1/prune/look" : "/v1/prune";
	const { removed, sizes } = await session.ask<Answer>({ method: "POST", path, body: {} });
	session.output.result({ dryRun: options.dryRun, removed, sizes }, () =>
		[renderRemovals(removed, options.dryRun), renderSizes(sizes)].join("\n\n"),
	);
}
