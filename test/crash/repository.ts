// What a trial of the crash matrix runs: a repository with version 1 in it, what lies beside it, and the configuration of each story.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gitIn } from "./judge.js";
import type { Story } from "./trial.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

export async function setUp(root: string, story: Story): Promise<void> {
	const git = gitIn(root);
	await git("init", "-q", "-b", "main");
	await copyFile(join(here, "program.cjs"), join(root, "program.cjs"));
	await writeFile(join(root, "package-lock.json"), "{}");
	await writeFile(join(root, ".gitignore"), "data/\n.deadman/\nnode_modules/\nout/\ngroups/\nprivate/\n");
	await mkdir(join(root, "skills"));
	await writeFile(join(root, "skills", "skill.md"), "one\n");
	await layPrivate(root);
	if (story.startsWith("inPlace")) await layOutput(root);
	await git("add", ".");
	await git("commit", "-qm", "Version 1");
	await git("tag", "base");
	// An operator's edit that nobody has committed: it is kept, and stays where it is.
	if (story === "confirm") await writeFile(join(root, "skills", "skill.md"), "mine\n");
	await mkdir(join(root, "data"));
}

/** What an agent has beside the template: a file that only it has, one that may run, and a folder with nothing in it. */
async function layPrivate(root: string): Promise<void> {
	await mkdir(join(root, "private", "skills", "empty"), { recursive: true });
	await mkdir(join(root, "groups", "agent"), { recursive: true });
	await writeFile(join(root, "private", "skills", "skill.md"), "one\n");
	await writeFile(join(root, "private", "skills", "mine.sh"), "#!/bin/sh\n", { mode: 0o755 });
	await writeFile(join(root, "groups", "agent", "memory.md"), "remembered\n");
}

/** What an operator who runs from the checkout has built before. */
async function layOutput(root: string): Promise<void> {
	for (const folder of ["out", "node_modules/dependency"]) await mkdir(join(root, folder), { recursive: true });
	await writeFile(join(root, "out", "version"), "const VERSION = 1;\n");
	await writeFile(join(root, "node_modules", "dependency", "file"), "1\n");
}

const agent = {
	own: "groups/agent",
	mappings: [{ template: "skills", folder: "private/skills" }],
	program: {
		command: ["sleep", "1000"],
		stopGrace: "1s",
		readiness: { minUptime: "1ms", interval: "50ms" },
	},
};

export interface Setting {
	readonly port: number;
	/** Whether somebody has to approve: what was acknowledged is asked about only there. */
	readonly approval: "auto" | "required";
}

export function settingsOf(story: Story, { port, approval }: Setting): unknown {
	return {
		approval,
		shared: ["data/"],
		deadman: { initial: "30s", afterDelivery: "30s", cap: "60s" },
		files: [{ path: "data/uploads" }],
		databases: [{ path: "data/app.db", policy: story === "exit" ? "restore" : "replay" }],
		// Of both versions: the second one takes what the first has installed.
		install: {
			command: "mkdir -p node_modules/dependency && echo 1 > node_modules/dependency/file",
			inputs: ["package-lock.json"],
		},
		build: "mkdir -p out && grep VERSION program.cjs | head -1 > out/version",
		checks: ["test -f out/version"],
		summaries: "overall",
		...(story.startsWith("agent") ? { targets: { agent } } : {}),
		...(story.startsWith("inPlace") ? { activation: "in_place", outputs: ["out", "node_modules"] } : {}),
		delivery: [],
		program: {
			command: ["node", "program.cjs"],
			env: { PORT: String(port), NODE_PATH: modules },
			stopGrace: "2s",
			restart: story === "exit" ? "exit" : "program",
			readiness: { http: `http://127.0.0.1:${port}/`, timeout: "10s", minUptime: "1ms", interval: "50ms" },
		},
	};
}
