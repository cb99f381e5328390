// The physical limit of the surfaces' bench, in a process of its own: a bare Hono app on a unix socket that answers with a given object, or with what was sent.
import { readFileSync } from "node:fs";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";

const [socketPath, objectPath] = process.argv.slice(2);
const object = JSON.parse(readFileSync(objectPath, "utf8"));
const app = new Hono();
app.get("/object", (c) => c.json(object));
app.post("/echo", async (c) => c.json(await c.req.json()));
const server = createAdaptorServer({ fetch: app.fetch });
server.listen(socketPath, () => process.stdout.write("ready\n"));
process.on("SIGTERM", () => {
	server.closeAllConnections();
	server.close();
});
