#!/usr/bin/env node
// Starts the command line from the compiled output, with the clock of this machine; holds nothing else.
import module from "node:module";

module.enableCompileCache?.();
const [{ createClock }, { main }] = await Promise.all([
	import("../dist/adapters/system/clock.js"),
	import("../dist/surfaces/cli/main.js"),
]);

await main(process.argv.slice(2), createClock());
