// The bench's program: a database that it goes on changing while it is copied ahead, one row of a page at a time, up to its share of pages.
const { readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const Database = require("better-sqlite3");

const VERSION = "1";

const db = new Database("data/notes.db");
db.pragma("journal_mode = WAL");
const { state, rows, share } = JSON.parse(readFileSync("data/bench.json", "utf8"));
const update = db.prepare("UPDATE notes SET text = ? WHERE id = ?");
const text = VERSION.repeat(4_000);
const most = Math.floor(rows * share);
let changed = 0;

function isCopied() {
	try {
		return readdirSync(`${state}/snapshots`).length > 0;
	} catch {
		return false;
	}
}

const changeSome = db.transaction(() => {
	for (let one = 0; one < 32 && changed < most; one += 1) {
		update.run(text, 1 + Math.floor(Math.random() * rows));
		changed += 1;
	}
});
setInterval(() => {
	if (changed < most && isCopied()) changeSome();
}, 10);

const server = createServer((_, response) => {
	response.setHeader("x-deadman-release", process.env.DEADMAN_RELEASE ?? "");
	response.end(JSON.stringify({ version: VERSION }));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => {
	writeFileSync(`data/changed-${VERSION}`, String(changed));
	db.close();
	process.exit(0);
});
