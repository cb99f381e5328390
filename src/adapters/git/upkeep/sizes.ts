// What takes how much in the state folder. By `du` in a child: a walk through hundreds of thousands of files would hold the loop.
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import type { Commands, Size } from "../../../ports/ports.js";

/** Folder or file of the state folder → what people call it. */
const names: Readonly<Record<string, string>> = {
	releases: "releases",
	deps: "dependencies",
	snapshots: "snapshots",
	discarded: "discarded",
	"discarded-edits": "discarded",
	files: "files",
	"repo.git": "objects",
	"state.db": "journal",
	"state.db-wal": "journal",
	logs: "logs",
	homes: "homes",
	workspaces: "workspaces",
	"workspaces-old": "workspaces",
	targets: "agents",
	"in-place": "in place",
};

export async function sizesOf({
	commands,
	stateDir,
}: {
	readonly commands: Commands;
	readonly stateDir: string;
}): Promise<Size[]> {
	const entries = await readdir(stateDir).catch(ifAbsent([]));
	if (entries.length === 0) return [];
	const bytes = await bytesOf(
		commands,
		entries.map((name) => join(stateDir, name)),
	);
	const sizes = new Map<string, Size>();
	for (const entry of entries) {
		const name = names[entry] ?? "other";
		const before = sizes.get(name) ?? { name, bytes: 0, count: 0 };
		const inside = await readdir(join(stateDir, entry)).catch(() => [entry]);
		const count = before.count + inside.filter((one) => !/^\.|\.(json|seal)$/.test(one)).length;
		sizes.set(name, { name, bytes: before.bytes + (bytes.get(entry) ?? 0), count });
	}
	return [...sizes.values()].sort((one, other) => other.bytes - one.bytes);
}

/** Name → bytes on disk. What vanishes meanwhile counts for nothing. */
async function bytesOf(commands: Commands, paths: readonly string[]): Promise<Map<string, number>> {
	const { stdout } = await commands.run({
		command: ["du", "-s", "-0", "-x", "--block-size=1", "--", ...paths],
		cwd: "/",
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.commandOutputBytes,
		accept: [0, 1],
	});
	const lines = stdout
		.toString()
		.split("\0")
		.filter((line) => line !== "");
	return new Map(
		lines.map((line) => [basename(line.slice(line.indexOf("\t") + 1)), Number(line.slice(0, line.indexOf("\t")))]),
	);
}
