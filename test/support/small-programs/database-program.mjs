// A program with a database: commits rows one by one, in the journal mode it is told, and then dies, closes, or stays with it open.
import Database from "better-sqlite3";

const [file, mode, rows, ending] = process.argv.slice(2);
const database = new Database(file);
database.pragma(`journal_mode = ${mode}`);
database.pragma("synchronous = OFF");
database.exec("create table if not exists notes (id integer primary key, text not null)");
const insert = database.prepare("insert into notes (text) values (?)");
for (let index = 0; index < Number(rows); index += 1) insert.run(`row ${index} ${"x".repeat(200)}`);
if (ending === "half") {
	database.exec("pragma cache_size = 2; begin");
	for (let index = 0; index < 3_000; index += 1) insert.run(`never committed ${"y".repeat(400)}`);
}
process.stdout.write("done\n", () => {
	if (ending === "die" || ending === "half") process.kill(process.pid, "SIGKILL");
	if (ending === "close") database.close();
	if (ending === "hold") setInterval(() => {}, 1_000);
});
