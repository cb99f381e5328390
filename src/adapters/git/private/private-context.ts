// What every part of an agent's private folders is given. Types, and the preparing that all of them need.
import type { Mapping } from "../../../core/rules/classify.js";
import type { Commands, Files, Gate, Log } from "../../../ports/ports.js";
import { createQueue, type Queue } from "../../../ports/waiting.js";
import { type PrivateLayout, privateLayoutOf } from "../repository/layout.js";
import { type Own, openOwnRepository } from "../repository/own-repository.js";

export interface PrivateOptions {
	/** The operator's repository folder, absolute: private folders lie below it. */
	readonly root: string;
	/** The supervisor's state folder: the own repository stands in it. */
	readonly stateDir: string;
	/** This target's part of it. */
	readonly targetDir: string;
	/** Of the target. */
	readonly name: string;
	readonly places: readonly Mapping[];
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
}

export interface PrivateContext extends PrivateOptions {
	readonly own: Own;
	readonly layout: PrivateLayout;
}

export async function preparePrivate(options: PrivateOptions): Promise<PrivateContext> {
	return { ...options, own: await openOwnRepository(options), layout: privateLayoutOf(options.targetDir) };
}

const queues = new Map<string, Queue>();

/** What changes a target's folders runs one after the other, whichever port it belongs to. */
export function targetQueue(targetDir: string): Queue {
	const known = queues.get(targetDir) ?? createQueue();
	queues.set(targetDir, known);
	return known;
}

/** Marks the processes that copy for this target, so that a later life ends them first. */
export function copyJob(name: string): string {
	return `private-${name}`;
}
