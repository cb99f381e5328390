// Each tidy rule is fed what it must find, and what it must let pass: a rule that cannot fail proves nothing.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bannedCalls, impurities } from "./calls.js";
import { commandsIn, deadmanCommands, npmScripts, unknownCommands } from "./commands.js";
import { misplacedSites, unusedSites } from "./effect-sites.js";
import { circles, unreached, wrongDirection, wrongOrder } from "./imports.js";
import { leaksIn, programsOf } from "./leaks.js";
import { phaseTable, withTable } from "./phase-table.js";
import { unfilledRefusals, unusedRefusals } from "./refusal-calls.js";
import { badName, longFunctions, tooLong, unopened } from "./shape.js";
import { source } from "./sources.js";
import { machinePaths, registryAddresses, unhashedPackages, unlockedPackages } from "./texts.js";

describe("the order of rooms inside a room", () => {
	it.each([
		["src/core/a.ts", "./rules/b.js"],
		["src/core/rules/a.ts", "../words/b.js"],
		["src/core/machine/a.ts", "../words/b.js"],
		["src/core/words/a.ts", "../unheard-of/b.js"],
		["src/adapters/git/private/a.ts", "../workspaces/b.js"],
		["src/adapters/git/private/a.ts", "../repository.js"],
	])("refuses %s → %s", (path, specifier) => {
		expect(wrongOrder([source(path, `import { a } from "${specifier}";`)])).toHaveLength(1);
		expect(wrongOrder([source(path, `import type { a } from "${specifier}";`)])).toHaveLength(1);
	});

	it.each([
		["src/core/words/a.ts", "../machine/b.js"],
		["src/core/rules/a.ts", "../b.js"],
		["src/core/rules/a.ts", "./b.js"],
		["src/adapters/git/repository.ts", "./private/b.js"],
		["src/engine/a.ts", "../core/words/b.js"],
	])("allows %s → %s", (path, specifier) => {
		expect(wrongOrder([source(path, `import { a } from "${specifier}";`)])).toEqual([]);
	});
});

describe("import direction", () => {
	it.each([
		["src/core/a.ts", "node:fs"],
		["src/core/a.ts", "zod"],
		["src/core/a.ts", "../ports/ports.js"],
		["src/ports/ports.ts", "node:fs"],
		["src/engine/a.ts", "node:fs"],
		["src/engine/a.ts", "execa"],
		["src/engine/steps/a.ts", "../../adapters/git/releases.js"],
		["src/engine/a.ts", "../config/config.js"],
		["src/config/config.ts", "../channels.js"],
		["src/config/delivery.ts", "../adapters/channels/console/console.js"],
		["src/channels.ts", "./app/delivery.js"],
		["src/channel-kind.ts", "./channels.js"],
		["src/adapters/channels/console/console.ts", "../../../channels.js"],
		["src/adapters/git/a.ts", "../journal/journal.js"],
		["src/adapters/git/a.ts", "../../engine/store.js"],
		["src/adapters/git/a.ts", "../../surfaces/daemon.js"],
		["src/surfaces/view.ts", "../adapters/git/a.js"],
		["src/surfaces/http/server.ts", "../../app/compose.js"],
		["src/surfaces/daemon.ts", "../app/compose.js"],
		["src/surfaces/cli/commands/run.ts", "../../../app/compose.js"],
		["src/app/compose.ts", "../surfaces/daemon.js"],
		["src/client.ts", "./core/swap.js"],
		["src/client.ts", "zod"],
		["src/index.ts", "./adapters/git/a.js"],
		["src/loose.ts", "node:fs"],
	])("refuses %s → %s", (path, specifier) => {
		expect(wrongDirection([source(path, `import { a } from "${specifier}";`)])).toHaveLength(1);
		expect(wrongDirection([source(path, `export type { a } from "${specifier}";`)])).toHaveLength(1);
		expect(wrongDirection([source(path, `const a = import("${specifier}");`)])).toHaveLength(1);
		expect(wrongDirection([source(path, `type A = import("${specifier}").A;`)])).toHaveLength(1);
	});

	it.each([
		["src/core/a.ts", "./swap.js"],
		["src/engine/steps/a.ts", "../../core/swap.js"],
		["src/engine/steps/a.ts", "../store.js"],
		["src/config/delivery.ts", "../channels.js"],
		["src/channels.ts", "./adapters/channels/console/console.js"],
		["src/adapters/channels/console/console.ts", "../../../channel-kind.js"],
		["src/adapters/git/a.ts", "./tree.js"],
		["src/adapters/git/a.ts", "../../ports/ports.js"],
		["src/adapters/git/a.ts", "simple-git"],
		["src/app/main.ts", "../surfaces/cli/run-command.js"],
		["src/app/compose.ts", "../adapters/git/a.js"],
		["src/client.ts", "node:net"],
	])("allows %s → %s", (path, specifier) => {
		expect(wrongDirection([source(path, `import { a } from "${specifier}";`)])).toEqual([]);
	});
});

describe("circles and dead files", () => {
	it("finds a circle of three, also of types", () => {
		const ring = [
			source("src/core/a.ts", 'import type { B } from "./b.js";'),
			source("src/core/b.ts", 'export * from "./c.js";'),
			source("src/core/c.ts", 'import { a } from "./a.js";'),
		];
		expect(circles(ring)).toEqual(["src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts"]);
		expect(circles(ring.slice(0, 2))).toEqual([]);
	});

	it("finds a file that nothing reaches, and knows worker entries", () => {
		const files = [
			source("bin/deadman.js", '#!/usr/bin/env node\nimport("../dist/app/main.js");'),
			source("src/app/main.ts", 'import "../adapters/journal/a.js";'),
			source("src/adapters/journal/a.ts", 'new URL("../../../dist/adapters/journal/worker.js", import.meta.url);'),
			source("src/adapters/journal/worker.ts", ""),
			source("src/core/forgotten.ts", ""),
		];
		expect(unreached(files, ["bin/deadman.js"])).toEqual(["src/core/forgotten.ts"]);
	});
});

describe("shape", () => {
	const lines = (count: number) => "x;\n".repeat(count);

	it("measures files", () => {
		expect(tooLong(source("src/core/a.ts", lines(400)))).toEqual([]);
		expect(tooLong(source("src/core/a.ts", lines(401)))).toHaveLength(1);
		expect(tooLong(source("test/a.test.ts", lines(400)))).toEqual([]);
		expect(tooLong(source("test/a.test.ts", lines(401)))).toHaveLength(1);
	});

	it("measures functions, without those that they declare", () => {
		const named = (body: string) => source("src/core/a.ts", `function a() {\n${body}}\n`);
		expect(longFunctions(named(lines(48)))).toEqual([]);
		expect(longFunctions(named(lines(49)))).toHaveLength(1);
		expect(longFunctions(named(`function b() {\n${lines(40)}}\n${lines(40)}`))).toEqual([]);
		expect(longFunctions(source("src/core/a.ts", `const a = () => {\n${lines(49)}};`))).toHaveLength(1);
	});

	it("refuses names that say nothing", () => {
		expect(badName(source("src/core/utils.ts", ""))).toHaveLength(1);
		expect(badName(source("src/lib/card.ts", ""))).toHaveLength(1);
		expect(badName(source("src/core/words/card.ts", ""))).toEqual([]);
	});

	it("wants an opening comment", () => {
		expect(unopened(source("src/core/a.ts", "export const a = 1;"))).toHaveLength(1);
		expect(unopened(source("src/core/a.ts", "//\nexport const a = 1;"))).toHaveLength(1);
		expect(unopened(source("src/core/a.ts", "// What it owns.\nexport const a = 1;"))).toEqual([]);
		expect(unopened(source("bin/a.js", "#!/usr/bin/env node\n// What it owns.\n"))).toEqual([]);
	});
});

describe("calls", () => {
	it.each([
		"Date.now()",
		"new Date()",
		"Date()",
		"setTimeout(f, 1)",
		"globalThis.setInterval(f, 1)",
		"process.exit(1)",
		'import "node:child_process"',
		'import { execa } from "execa"',
		'await import("node:timers/promises")',
		"performance.now()",
	])("bans %s outside the adapters", (call) => {
		expect(bannedCalls(source("src/engine/a.ts", `${call};`))).toHaveLength(1);
		expect(bannedCalls(source("src/adapters/system/a.ts", `${call};`))).toEqual([]);
	});

	it.each(["new Date(5)", "process.exitCode = 1", "clock.now()", 'const text = "Date.now()"'])("allows %s", (call) => {
		expect(bannedCalls(source("src/surfaces/cli/a.ts", `${call};`))).toEqual([]);
	});

	it.each(["async function f() {}", "const f = async () => 1", "new Date(5)", "process.pid"])(
		"keeps core from %s",
		(text) => {
			expect(impurities(source("src/core/a.ts", `${text};`))).not.toEqual([]);
			expect(impurities(source("src/engine/a.ts", `${text};`))).toEqual([]);
		},
	);
});

describe("effect sites", () => {
	const sites = ["stage.build", "releases.fill"];

	it("wants each used by its room, literally or computed from words of the file", () => {
		const engine = source("src/engine/a.ts", 'around("stage.build", f);');
		const adapter = source("src/adapters/git/a.ts", 'around("releases.fill", f);');
		expect(unusedSites([engine, adapter], sites)).toEqual([]);
		expect(unusedSites([engine], sites)).toHaveLength(1);
		expect(unusedSites([source("src/core/machine/sites.ts", '"stage.build"'), adapter], sites)).toHaveLength(1);
		const computed = (words: string) => source("src/engine/a.ts", `type R = ${words}; around(\`\${room}.build\`, f);`);
		expect(unusedSites([computed('"stage"'), adapter], sites)).toEqual([]);
		expect(unusedSites([computed('"other"'), adapter], sites)).toHaveLength(1);
	});

	it("finds labels in a foreign room", () => {
		expect(misplacedSites([source("src/adapters/git/a.ts", 'around("stage.build", f);')], sites)).toHaveLength(1);
		expect(misplacedSites([source("src/engine/a.ts", 'around("releases.fill", f);')], sites)).toHaveLength(1);
		expect(misplacedSites([source("src/engine/a.ts", 'log.info("program.exited");')], sites)).toEqual([]);
	});
});

describe("refusals", () => {
	const templates = { lost: { message: "There is no {id}.", next: "Look in {path}." } };
	const call = (details: string) => source("src/core/a.ts", `refuse("lost", ${details});`);

	it("finds sentences left open, unknown codes and dead ones", () => {
		expect(unfilledRefusals(call("{ id, path: 1 }"), templates)).toEqual([]);
		expect(unfilledRefusals(call("details"), templates)).toEqual([]);
		expect(unfilledRefusals(call("{ id }"), templates)).toHaveLength(1);
		expect(unfilledRefusals(source("src/core/a.ts", 'refuse("lost");'), templates)).toHaveLength(2);
		expect(unfilledRefusals(source("src/core/a.ts", 'refuse("gone");'), templates)).toHaveLength(1);
		expect(unusedRefusals([call("{}")], templates)).toEqual([]);
		expect(unusedRefusals([], templates)).toHaveLength(1);
	});
});

describe("texts", () => {
	const folder = (name: string) => `see /${name}/main/a`;

	it("finds paths of one machine", () => {
		expect(machinePaths(source("a.md", folder("work")))).toHaveLength(1);
		expect(machinePaths(source("a.md", folder("root")))).toHaveLength(1);
		expect(machinePaths(source("a.md", "see test/work/a, /srv/app and network/"))).toEqual([]);
	});

	it("finds addresses in the lock file", () => {
		expect(registryAddresses('{"packages":{"a":{"resolved":"https://r.example/a.tgz"}}}')).toHaveLength(1);
		expect(registryAddresses('{"packages":{"a":{"version":"1.0.0"}}}')).toEqual([]);
	});

	it("finds packages of other platforms that are not locked", () => {
		const lock = (also: object) =>
			JSON.stringify({ packages: { "node_modules/a": { optionalDependencies: { "a-mac": "1.0.0" } }, ...also } });
		expect(unlockedPackages(lock({}))).toHaveLength(1);
		expect(unlockedPackages(lock({ "node_modules/a-mac": {} }))).toEqual([]);
		expect(unlockedPackages(lock({ "node_modules/a/node_modules/a-mac": {} }))).toEqual([]);
	});

	it("notices a package that is locked without a hash", () => {
		const lock = (integrity: object) => JSON.stringify({ packages: { "": {}, "node_modules/a": integrity } });
		expect(unhashedPackages(lock({}))).toEqual(["node_modules/a has no hash"]);
		expect(unhashedPackages(lock({ integrity: "sha512-x" }))).toEqual([]);
	});

	it("notices a table that differs, and missing markers", () => {
		const row = { step: null, afterCrash: "keep", liveTouched: false, on: { submitted: "staging" } } as const;
		const table = phaseTable({ drafting: row });
		expect(table).toContain("| `drafting` | none | keep | no | submitted → `staging` |");
		const text = withTable("a\n<!-- phases -->\nold\n<!-- /phases -->\nb", table);
		expect(text).toContain(table);
		expect(withTable(text, table)).toBe(text);
		expect(withTable(text, phaseTable({ drafting: { ...row, liveTouched: true } }))).not.toBe(text);
		expect(() => withTable("no markers", table)).toThrow("markers");
	});
});

describe("commands", () => {
	const pages: Record<string, string> = {
		"": "Commands:\n  approve [options] <swap>  lets it begin\n  data                      what was set aside\n  help [command]\n",
		approve: "Options:\n  --type <phrase>\n  --json\n",
		data: "Commands:\n  show <swap>\n",
		"data show": "Options:\n  --json\n",
	};
	const help = async (verbs: readonly string[]) => pages[verbs.join(" ")] ?? "";
	const check = (text: string) => unknownCommands(deadmanCommands(text), help);

	it("reads a help page", () => expect(commandsIn(String(pages[""]))).toEqual(["approve", "data"]));

	it.each([
		"`deadman refuse sw_1`",
		"```sh\ndeadman approve sw_1 --force\n```",
		"`deadman data hide`",
		"`deadman data show X --all`",
	])("finds what does not exist: %s", async (text) => expect(await check(text)).toHaveLength(1));

	it("lets pass what exists, and prose", async () => {
		expect(await check('`deadman approve sw_1 --type "a --b"`, ```deadman``` and deadman is a program')).toEqual([]);
		expect(await check("```sh\nnpx deadman data show sw_1 --json\n```")).toEqual([]);
		expect(await check("```sh\ndeadman data    deadman approve X --type\n```")).toEqual([]);
	});

	it("finds npm scripts", () =>
		expect(npmScripts("```sh\nnpm run demo\n```\n`npm run check`")).toEqual(["demo", "check"]));
});

describe("leaks", () => {
	it("finds a program that works in the folder, one that is marked, and a folder left behind", async () => {
		const folder = await mkdtemp(join(tmpdir(), "leak-"));
		await mkdir(join(folder, "deadman-left"));
		const worker = spawn("sleep", ["60"], { cwd: join(folder, "deadman-left"), env: {} });
		const marked = spawn("/bin/sleep", ["60"], { cwd: "/", env: { DEADMAN_INSTANCE: `${folder}/state` } });
		try {
			await Promise.all([worker, marked].map((child) => new Promise((started) => child.once("spawn", started))));
			const pids = (await programsOf(folder)).map(({ pid }) => pid);
			expect(pids.sort()).toEqual([worker.pid, marked.pid].sort());
			expect(await leaksIn(folder)).toHaveLength(3);
		} finally {
			const ended = [worker, marked].map((child) => new Promise((over) => child.once("exit", over)));
			for (const child of [worker, marked]) child.kill("SIGKILL");
			await Promise.all(ended);
			await rm(folder, { recursive: true });
		}
		expect(await programsOf(folder)).toEqual([]);
	});
});
