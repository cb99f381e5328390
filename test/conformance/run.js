// `npm run conformance`: the official inspector against `deadman mcp`, and the conformance suite's applicable scenarios against `/mcp`, as a
// table. With --install it only puts the packages into their cache. Exit code 1 where anything fails.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { conformance, inspector, install, judgeNode } from "./packages.js";
import { applicable, whyNot } from "./scenarios.js";
import { openStage } from "./stage.js";

const bin = fileURLToPath(new URL("../../bin/deadman.js", import.meta.url));

const toolNames = [
	...["create_workspace", "request_swap", "withdraw_swap", "get_swap", "list_swaps", "wait_for_swap"],
	...["explain_last_rollback", "post_heartbeat", "report_milestone"],
];

/** What the inspector asks, and what its JSON has to hold. */
const inspections = [
	["tools/list", ["--strict"], ({ tools }) => tools.map(({ name }) => name).join() === toolNames.join()],
	["tools/call create_workspace", ["--tool-name", "create_workspace", "--tool-arg", "name=judged"], hasWorkspace],
	["tools/call list_swaps", ["--tool-name", "list_swaps"], ({ structuredContent: it }) => Array.isArray(it.swaps)],
	["tools/call get_swap", ["--tool-name", "get_swap", "--tool-arg", "swap=sw_nobody"], isRefused("swap_unknown")],
	["tools/call request_swap", ["--tool-name", "request_swap", "--tool-arg", "approve=yes"], isRefused("input_invalid")],
	["resources/list", [], ({ resources }) => resources.length === 3],
	["resources/read flow", ["--uri", "deadman://flow"], ({ contents: [it] }) => it.text.startsWith("# How a change")],
	["resources/read policy", ["--uri", "deadman://policy"], ({ contents: [it] }) => "policy" in JSON.parse(it.text)],
	[
		"resources/read current",
		["--uri", "deadman://swap/current"],
		({ contents: [it] }) => "swap" in JSON.parse(it.text),
	],
];

function hasWorkspace({ structuredContent, content, isError }) {
	return isError !== true && structuredContent.workspace.name === "judged" && JSON.parse(content[0].text).next !== "";
}

function isRefused(code) {
	return ({ isError, structuredContent }) => isError === true && structuredContent.code === code;
}

function run(file, args, { cwd, env = {} }) {
	const options = { cwd, timeout: 60_000, env: { ...process.env, NO_COLOR: "1", ...env } };
	return new Promise((resolve) => {
		execFile(file, args, options, (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }));
	});
}

async function inspect(node, { root }, [what, more, fits]) {
	const [method] = what.split(" ");
	const server = [process.execPath, bin, "mcp"];
	const args = [inspector, "--cli", ...server, "--method", method, ...more];
	const { ok, stdout, stderr } = await run(node, args, {
		cwd: root,
		env: { MCP_CATALOG_PATH: join(root, "catalog.json") },
	});
	// It leaves with an error where a result says isError, as some of these have to.
	const answered = ok || stderr.includes("tool_is_error");
	return { by: "inspector", what, ...judged(() => answered && fits(JSON.parse(stdout)), `${stdout}\n${stderr}`) };
}

function judged(look, said) {
	try {
		return look() ? { state: "passed" } : { state: "FAILED", why: said.trim() };
	} catch (error) {
		return { state: "FAILED", why: `${error.message}\n${said.trim()}` };
	}
}

/** Known to the suite, in its order. */
async function scenarios(node, { root }) {
	const { stdout } = await run(node, [conformance, "list", "--server"], { cwd: root });
	return [...stdout.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
}

async function conform(node, { root, url }, scenario) {
	const row = { by: "conformance", what: scenario };
	if (!applicable.includes(scenario)) {
		const why = whyNot(scenario);
		return why === null
			? { ...row, state: "FAILED", why: "nobody has said whether it applies" }
			: { ...row, state: "n/a", why };
	}
	const args = [conformance, "server", "--url", url, "--scenario", scenario];
	const { ok, stdout, stderr } = await run(node, args, { cwd: root });
	return { ...row, ...judged(() => ok, `${stdout}\n${stderr}`) };
}

async function judge(node) {
	const stage = await openStage();
	const rows = [];
	try {
		for (const inspection of inspections) rows.push(await inspect(node, stage, inspection));
		const known = await scenarios(node, stage);
		for (const scenario of known) rows.push(await conform(node, stage, scenario));
		for (const gone of applicable.filter((name) => !known.includes(name))) {
			rows.push({ by: "conformance", what: gone, state: "FAILED", why: "the suite has no such scenario any more" });
		}
	} finally {
		await stage.close();
	}
	return rows;
}

function print(rows) {
	for (const { by, what, state, why = "" } of rows) {
		console.log(`${state.padEnd(7)} ${by.padEnd(12)} ${what.padEnd(32)} ${why.split("\n")[0]}`.trimEnd());
	}
	for (const { what, state, why } of rows) if (state === "FAILED") console.error(`\n${what}:\n${why}`);
	const count = (wanted) => rows.filter(({ state }) => state === wanted).length;
	console.log(`${count("passed")} passed, ${count("FAILED")} failed, ${count("n/a")} do not apply`);
}

async function main() {
	await install();
	if (process.argv.includes("--install")) return;
	const rows = await judge(await judgeNode());
	print(rows);
	if (rows.some(({ state }) => state === "FAILED")) process.exitCode = 1;
}

main().catch((error) => {
	console.error(`The conformance run could not be made: ${error.message}`);
	process.exitCode = 1;
});
