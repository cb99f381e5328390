// An operator's program for the channel `command`: keeps what it is told in the folder of its first argument, one file for each message, as
// a mailer or a pager would. `fail.json` in that folder makes it fail so.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const payload = JSON.parse(readFileSync(0, "utf8"));
const failure = join(folder, "fail.json");

if (existsSync(failure)) end(1, JSON.parse(readFileSync(failure, "utf8")));
const receipt = payload.receipt ?? randomBytes(8).toString("hex");
const file = join(folder, `${payload.kind}-${receipt}.json`);
if (payload.receipt !== null && !existsSync(file)) end(1, { failed: "gone" });
writeFileSync(file, JSON.stringify({ ...payload, env: process.env }));
end(0, { receipt });

function end(code, line) {
	process.stdout.write(`It writes of other things first.\n${JSON.stringify(line)}\n`);
	process.exit(code);
}
