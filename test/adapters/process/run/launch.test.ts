// When the shell may be replaced by the program itself, and what of our environment a child sees.
import { describe, expect, it } from "vitest";
import { argvOf, baseEnvironment, isSimple } from "../../../../src/adapters/process/run/launch.js";

describe("a command of the program", () => {
	it.each([
		"node server.js",
		"  npm run start -- --port=3000 ",
		'node "my server.js"',
		"./bin/app --level $LEVEL",
		"/usr/bin/env FOO=1 node x.js",
	])("replaces the shell where it is one program: %s", (command) => {
		expect(argvOf(command)).toEqual(["/bin/sh", "-c", `exec ${command.trim()}`]);
	});

	it.each([
		"cd server && node server.js",
		"FOO=1 node server.js",
		"node a.js; node b.js",
		"node a.js | tee log",
		"node a.js & wait",
		"if true; then node a.js; fi",
		"exec node a.js",
		". ./env.sh",
		"$COMMAND --flag",
		"node -e 'a(); b()'",
		"ulimit -n 100",
		"node server.js > log",
		"node a.js\nnode b.js",
		"(node a.js)",
		"! node a.js",
		"node a.js # comment",
	])("leaves to the shell what only a shell can do: %s", (command) => {
		expect(isSimple(command)).toBe(false);
		expect(argvOf(command)).toEqual(["/bin/sh", "-c", command]);
	});

	it("is not touched where it is an array", () => {
		expect(argvOf(["node", "a; b"])).toEqual(["node", "a; b"]);
	});
});

describe("what every child may see", () => {
	it("is PATH, HOME, LANG, TZ, USER and what is named", () => {
		process.env.DEADMAN_TEST_PASSED = "yes";
		process.env.DEADMAN_TEST_HIDDEN = "yes";
		const names = Object.keys(baseEnvironment(["DEADMAN_TEST_PASSED", "DEADMAN_TEST_ABSENT"]));
		expect(names).toContain("PATH");
		expect(names).toContain("HOME");
		expect(names).toContain("DEADMAN_TEST_PASSED");
		const allowed = new Set(["PATH", "HOME", "LANG", "TZ", "USER", "DEADMAN_TEST_PASSED"]);
		expect(names.filter((name) => !allowed.has(name))).toEqual([]);
	});
});
