#!/usr/bin/env node
// Starts the command line from the compiled output, with the clock of this machine; holds nothing else.
import { createClock } from "../dist/adapters/system/clock.js";
import { main } from "../dist/surfaces/cli/main.js";

await main(process.argv.slice(2), createClock());
