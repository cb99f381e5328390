// The thread of the Chat SDK's memory: holds the one connection, and answers calls one after the other.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { entryMethods, subscriptionMethods } from "./state-entries.js";
import { listMethods, queueMethods } from "./state-lists.js";
import { lockMethods } from "./state-locks.js";
import { type Opened, openStateFile } from "./state-schema.js";
import { sweepOf } from "./state-sweep.js";

export interface Call {
	readonly id: number;
	readonly method: string;
	readonly values: readonly unknown[];
	readonly nowMs: number;
}

export type Answer =
	| { readonly id: number; readonly ok: true; readonly value: unknown }
	| { readonly id: number; readonly ok: false; readonly message: string };

/** The first thing it says. */
export type Greeting =
	| { readonly opened: true; readonly setAside: string | null }
	| { readonly opened: false; readonly why: string };

export function stateMethods(database: Database) {
	return {
		...entryMethods(database),
		...subscriptionMethods(database),
		...lockMethods(database),
		...listMethods(database),
		...queueMethods(database),
		close: () => {
			database.close();
		},
	};
}

export type StateMethods = ReturnType<typeof stateMethods>;

function serve(port: MessagePort, file: string): void {
	let opened: Opened;
	try {
		opened = openStateFile(file);
	} catch (error) {
		port.postMessage({ opened: false, why: messageOf(error) } satisfies Greeting);
		port.close();
		return;
	}
	const methods: Record<string, (...values: never[]) => unknown> = stateMethods(opened.database);
	const sweep = sweepOf(opened.database);
	port.on("message", (call: Call) => {
		sweep(call.nowMs);
		port.postMessage(answer(methods, call));
		if (call.method === "close") port.close();
	});
	port.postMessage({ opened: true, setAside: opened.setAside } satisfies Greeting);
}

function answer(methods: Record<string, (...values: never[]) => unknown>, { id, method, values }: Call): Answer {
	try {
		return { id, ok: true, value: methods[method]?.(...(values as never[])) };
	} catch (error) {
		return { id, ok: false, message: messageOf(error) };
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

if (parentPort !== null) serve(parentPort, (workerData as { file: string }).file);
