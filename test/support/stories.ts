// Which stories a run plays: all of them; or, where DEADMAN_TEST_SHORT asks for the short run, those of the main way, and of the others
// every n-th, others with each commit.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { sampleOf } from "./shard.js";

const folder = "test/e2e";
const always = ["cli", "demo", "first-swap", "one-truth", "supervisor-killed", "the-loop-closes"];

export function storiesOf(): string[] {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
	const isAlways = (name: string) => always.includes(basename(name, ".test.ts"));
	const taken = [...files.filter(isAlways), ...sampleOf(files.filter((name) => !isAlways(name)).sort())];
	return taken.map((name) => `${folder}/${name}`);
}
