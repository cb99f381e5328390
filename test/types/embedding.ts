// The documents' example of an embedding host, compiled by `npm run types`; a test compares the two.
import { createSupervisor, defineConfig, isRefusal } from "../../src/index.js";

const config = defineConfig({ program: { command: "node server.js", readiness: { http: "http://127.0.0.1:3000/" } } });
const supervisor = await createSupervisor({ root: ".", config });
if (isRefusal(supervisor)) throw new Error(supervisor.message);
await supervisor.serve(); // the sockets
await supervisor.start();
