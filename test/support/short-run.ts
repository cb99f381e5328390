// Which files a run takes: all of them; or, where DEADMAN_TEST_SHORT asks for the short run, those of the main way, and of the others
// every n-th, others with each commit.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { sampleOf } from "./shard.js";

const stories = {
	folder: "test/e2e",
	always: ["cli", "demo", "first-swap", "one-truth", "supervisor-killed", "the-loop-closes"],
};

/** Kills, busy checkouts, hostile trees and tables of file cases with real git: most of what the rooms' own tests take. */
const deep = {
	folder: "test/adapters/git",
	always: [
		...["advance", "dependencies", "examine", "in-place", "index-lock", "intents", "live", "own-repository"],
		...["private-releases", "releases", "repository", "rules", "stage-commands", "workspaces"],
	],
};

export function storiesOf(): string[] {
	const { always, others } = sorted(stories);
	return [...always, ...sampleOf(others)];
}

/** Of the rooms' tests, what this run leaves to other commits. */
export function leftToOthers(): string[] {
	const { others } = sorted(deep);
	const taken = new Set(sampleOf(others));
	return others.filter((file) => !taken.has(file));
}

function sorted({ folder, always }: typeof stories): { always: string[]; others: string[] } {
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
	const files = names.sort().map((name) => `${folder}/${name}`);
	const isAlways = (file: string) => always.includes(basename(file, ".test.ts"));
	return { always: files.filter(isAlways), others: files.filter((file) => !isAlways(file)) };
}
