// Commands whose supervisor was killed run on, and would write into what the next life makes anew. Names each command's owner, and ends orphans.
import { randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { endFamily } from "./family.js";
import { livingProcesses, mapInParts, readEnvironment, readStat, startTicksNow } from "./procfs.js";

export const COMMAND_MARKER = "DEADMAN_COMMAND";

/** A pid means something only within its namespace, and only together with its start. */
function ownerName(): string {
	return `${namespaceName()}/${process.pid}/${startTicksNow(process.pid)}`;
}

function namespaceName(): string {
	return readlinkSync("/proc/self/ns/pid").replace(/\D+/g, "");
}

/** The marker of one command: whose it is, and which. */
export function newCommandMarker(): { readonly name: string; readonly value: string } {
	return { name: COMMAND_MARKER, value: `${ownerName()}/${randomUUID()}` };
}

/** Commands of living supervisors stay, whichever state folder they work for. */
export async function endOrphans(): Promise<void> {
	const living = (await livingProcesses()).filter((stat) => stat.pid !== process.pid);
	const markers = await mapInParts(living, async (stat) => (await readEnvironment(stat.thread))?.get(COMMAND_MARKER));
	for (const value of new Set(markers)) {
		if (value === undefined || !(await isOrphaned(value))) continue;
		await endFamily({ marker: { name: COMMAND_MARKER, value }, groups: [] }, { graceMs: 0 });
	}
}

/** A supervisor whose leading thread has ended was killed: the rest of it may write on for a while, but decides nothing. */
async function isOrphaned(marker: string): Promise<boolean> {
	const [namespace, pid, startTicks, id] = marker.split("/");
	if (id === undefined || namespace !== namespaceName()) return false;
	const owner = await readStat(Number(pid));
	return owner === null || owner.thread !== owner.pid || owner.startTicks !== Number(startTicks);
}
