// What git is told to pass by in workspaces: lines of an exclude file, which is no part of any commit.
import { lstat, readFile } from "node:fs/promises";
import type { WorkspaceContext } from "./workspace-context.js";

/** In the workspace's own folder. */
export const OUTCOME_FILE = ".deadman-outcome.json";

/** Half-written ones too. */
export const OUTCOME_RULE = `/${OUTCOME_FILE}*`;

export const isOutcome = (path: string) => path.startsWith(OUTCOME_FILE) && !path.includes("/");

/** Only ever adds; what stands in the place of the file and is none is left alone. */
export async function ignore(
	{ files, log }: WorkspaceContext,
	exclude: string,
	lines: readonly string[],
): Promise<void> {
	if (lines.length === 0) return;
	const found = await lstat(exclude).catch(() => null);
	if (found !== null && !found.isFile()) return log.warn("workspace.exclude_unfit", { exclude });
	const text = found === null ? "" : await readFile(exclude, "utf8");
	const missing = lines.filter((line) => !text.split("\n").includes(line));
	if (missing.length === 0) return;
	const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
	await files.writeAtomic(exclude, `${start}${missing.join("\n")}\n`);
}

export const excludeLine = (path: string) => `/${path.replace(/[\\*?[\]! #]/g, "\\$&")}`;
