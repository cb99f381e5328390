#!/usr/bin/env node
// Starts the command line from the compiled output; holds nothing else.
import module from "node:module";

module.enableCompileCache?.();
const { main } = await import("../dist/app/main.js");

await main(process.argv.slice(2));
