// Takes the lock, says what it was told, and holds it until it is ended.
import { createLock } from "../../../dist/adapters/journal/lock.js";

const lock = createLock({ file: process.argv[2], stateDir: process.argv[3] });
const refusal = await lock.acquire();
process.stdout.write(`${JSON.stringify(refusal)}\n`);
setInterval(() => {}, 1_000);
