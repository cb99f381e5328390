// A process of its own that confirms a swap over the operator's socket at a given millisecond: a click that races.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

const script = `
const { request } = require("node:http");
const [socketPath, id, atMs] = process.argv.slice(1);
while (Date.now() < Number(atMs));
const headers = { "content-type": "application/json" };
const click = request({ socketPath, path: "/v1/swaps/" + id + "/confirm", method: "POST", headers }, (response) => {
	let text = "";
	response.on("data", (chunk) => (text += chunk));
	response.on("end", () => console.log(JSON.stringify({ status: response.statusCode, code: JSON.parse(text).error?.code ?? null })));
});
click.end("{}");
`;

export async function confirmAt(
	{ root }: { readonly root: string },
	id: string,
	atMs: number,
): Promise<{ readonly status: number; readonly code: string | null }> {
	const socket = join(root, ".deadman", "deadman.sock");
	const { stdout } = await execFileAsync(process.execPath, ["-e", script, socket, id, String(atMs)]);
	return JSON.parse(stdout);
}
