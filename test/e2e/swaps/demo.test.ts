// One story: what `npm run demo` shows a visitor is true. Its own checks decide; here its exit code and its four stories are held.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const play = fileURLToPath(new URL("../../../fixtures/demo/play.js", import.meta.url));

test("the demo plays its four stories and leaves with 0", { timeout: 180_000 }, async () => {
	const { stdout } = await promisify(execFile)(process.execPath, [play], { timeout: 170_000 });
	for (const title of ["1. Confirmed", "2. Nobody confirms", "3. Dies at boot", "4. The supervisor itself is killed"]) {
		expect(stdout).toContain(`\n${title}`);
	}
	expect(stdout).not.toContain("✗");
	const counted = Number(/All (\d+) checks hold/.exec(stdout)?.[1]);
	expect(counted).toBeGreaterThanOrEqual(17);
	expect(stdout.match(/ ✓ /g)).toHaveLength(counted);
});
