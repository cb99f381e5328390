// The crash matrix's program: migrates its database and its files at start, writes a row for each start, and tells what it sees.
const {
	closeSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeSync,
} = require("node:fs");
const { createServer } = require("node:http");
const Database = require("better-sqlite3");

const VERSION = 1;

/** Old or new and on disk: what a death or a power cut makes of a careless program is not what is asked here. */
function put(name, text) {
	const path = `data/uploads/${name}`;
	if (existsSync(path) && readFileSync(path, "utf8") === text) return;
	const file = openSync("data/half", "w");
	writeSync(file, text);
	fsyncSync(file);
	closeSync(file);
	renameSync("data/half", path);
	const folder = openSync("data/uploads", "r");
	fsyncSync(folder);
	closeSync(folder);
}

mkdirSync("data/uploads", { recursive: true });
const db = new Database("data/app.db");
db.pragma("journal_mode = WAL");
if (db.pragma("user_version", { simple: true }) === 0) {
	db.exec("CREATE TABLE rows (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)");
	const insert = db.prepare("INSERT INTO rows (version) VALUES (0)");
	for (let row = 0; row < 20; row += 1) insert.run();
	for (const name of ["kept", "changed", "removed"]) put(name, "one");
	db.pragma("user_version = 1");
}
if (VERSION === 2) {
	put("changed", "two");
	put("added", "two");
	rmSync("data/uploads/removed", { force: true });
}
if (VERSION === 2 && db.pragma("user_version", { simple: true }) === 1) {
	db.exec(
		"ALTER TABLE rows ADD COLUMN extra TEXT; UPDATE rows SET version = 2 WHERE id = 1; DELETE FROM rows WHERE id = 2; PRAGMA user_version = 2",
	);
}
db.prepare("INSERT INTO rows (version) VALUES (?)").run(VERSION);

const server = createServer((_, response) => {
	response.setHeader("x-deadman-release", process.env.DEADMAN_RELEASE);
	response.end(JSON.stringify({ version: VERSION, release: process.env.DEADMAN_RELEASE }));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
