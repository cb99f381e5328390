// Which Node a project runs under and which one a search would find, for `deadman doctor`: under a service manager they are seldom the same.
import { RefusedError } from "../../core/refusals.js";
import type { Finding, NodeChoice, NodeVersion } from "../../ports/ports.js";
import { askNode, nodeOnPath } from "./node-choice.js";

/** `version`: null where there is no Node to run under. */
export async function examineNodeChoice(
	choice: NodeChoice,
	path: string,
): Promise<{ readonly findings: Finding[]; readonly version: string | null }> {
	try {
		const chosen = await choice.describe();
		return { findings: await compared(chosen, path), version: chosen.version };
	} catch (error) {
		if (!(error instanceof RefusedError)) throw error;
		const { message, next } = error.refusal;
		return { findings: [{ name: "node", level: "bad", sentence: message, next }], version: null };
	}
}

async function compared(chosen: NodeVersion, path: string): Promise<Finding[]> {
	const used = `commands and the program run under Node ${chosen.version} (${chosen.path})`;
	const found = await nodeOnPath(path);
	if (found === null) {
		return [finding("ok", `There is no node on PATH; ${used}, whose folder is put first.`)];
	}
	const other = await askNode(found);
	if (other === null)
		return [finding("warn", `${found}, the node on PATH, does not answer; ${used}, whose folder is put first.`)];
	if (other.path === chosen.path) return [finding("ok", `As on PATH, ${used}.`)];
	const level = other.version === chosen.version ? "ok" : "warn";
	return [finding(level, `The node on PATH is ${other.version} (${found}), and ${used}, whose folder is put first.`)];
}

function finding(level: "ok" | "warn", sentence: string): Finding {
	const next = level === "ok" ? null : "If the other one is meant, name it by `program.node` in the configuration.";
	return { name: "program node", level, sentence, next };
}
