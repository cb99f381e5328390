// The journal's thread: holds the one connection that writes, and answers calls one after the other. Decides nothing.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { isRefusal } from "../../core/refusals.js";
import type { Concerns } from "../../ports/ports.js";
import { agentsIn } from "./agents/agents.js";
import { auditsIn } from "./audits.js";
import { mailIn } from "./cards.js";
import type { Sync } from "./concern.js";
import { feedIn } from "./feed.js";
import { type Answer, type Call, carry } from "./journal-calls.js";
import { openForWriting } from "./journal-file.js";
import { ledgerIn } from "./ledger.js";
import { outboxIn } from "./outbox.js";
import { reviewsIn } from "./reviews.js";
import { requestsIn, tokensIn } from "./tokens.js";

/** Everything that the journal's client may call. `now` as in its modules. */
export function concernsIn(database: Database, now: () => number): Sync<Concerns> {
	return {
		...ledgerIn(database, now),
		...outboxIn(database, now),
		...mailIn(database),
		...reviewsIn(database),
		...auditsIn(database),
		...tokensIn(database),
		...requestsIn(database),
		...feedIn(database),
		...agentsIn(database),
	};
}

/** Says first what it answers, or why it cannot be opened. */
function serve(port: MessagePort, file: string): void {
	const opened = openForWriting(file);
	if (isRefusal(opened)) {
		port.postMessage(opened);
		port.close();
		return;
	}
	let nowMs = 0;
	const concerns: Methods = concernsIn(opened, () => nowMs);
	const methods: Methods = { ...concerns, close: () => void opened.close() };
	port.postMessage(Object.keys(concerns));
	port.on("message", (call: Call) => {
		({ nowMs } = call);
		port.postMessage(answer(methods, call));
		if (call.method === "close") port.close();
	});
}

type Methods = Readonly<Record<string, (...values: never[]) => unknown>>;

function answer(methods: Methods, { id, method, values }: Call): Answer {
	try {
		return { id, ok: true, value: methods[method]?.(...(values as never[])) };
	} catch (error) {
		return { id, ok: false, error: carry(error) };
	}
}

if (parentPort !== null) serve(parentPort, (workerData as { file: string }).file);
