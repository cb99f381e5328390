// Holds both emergency logs to their contract.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmergencyLog } from "../../../src/adapters/system/emergency-log.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { createMemoryEmergencyLog } from "../../support/memory/emergency-log.js";
import { describeEmergencyLogContract } from "./emergency-log.contract.js";

describeEmergencyLogContract("in memory", async () => {
	const disk = { lines: [] };
	const open = () => createMemoryEmergencyLog(disk);
	return { log: open(), again: open, cleanUp: async () => {} };
});

describeEmergencyLogContract("in a file", async () => {
	const folder = await mkdtemp(join(tmpdir(), "deadman-emergency-"));
	const open = () => createEmergencyLog({ file: join(folder, "state", "emergency"), files: createFiles() });
	return { log: open(), again: open, cleanUp: () => rm(folder, { recursive: true }) };
});
