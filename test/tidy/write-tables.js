// Writes the table of phases into ARCHITECTURE.md. Run it after `npm run build`; the tidy test only compares.
import { readFile, writeFile } from "node:fs/promises";
import { phases } from "../../dist/core/machine/phases.js";
import { phaseTable, withTable } from "./phase-table.js";

const path = new URL("../../ARCHITECTURE.md", import.meta.url);
await writeFile(path, withTable(await readFile(path, "utf8"), phaseTable(phases)));
