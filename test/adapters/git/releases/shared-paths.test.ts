// What shared paths are: said, found, or told by something else in the configuration; never read out of a name. And that a program's data ends where it is shared.
import { execFile } from "node:child_process";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { knownShared } from "../../../../src/adapters/git/releases/shared-paths.js";
import type { Config } from "../../../../src/config/config.js";
import { makeRelease, makeReleaseTools, settingsOf } from "../../../support/git-releases.js";
import { temporaryFolder } from "../../../support/temporary.js";

const run = promisify(execFile);
type Given = Pick<Config, "shared" | "databases">;

/** With a folder `found`, a file `lies.here` and a link to each. */
async function kindsOf(given: Given) {
	const root = await temporaryFolder();
	await mkdir(join(root, "found"));
	await writeFile(join(root, "lies.here"), "");
	await symlink("found", join(root, "to-found"));
	await symlink("nowhere", join(root, "to-nowhere"));
	return knownShared({ root, settings: settingsOf(given) });
}

describe("a shared path", () => {
	it.each<[string, Given, string]>([
		["said with a slash", { shared: [".session/"] }, "folder"],
		["said in full", { shared: [{ path: "uploads.v2", kind: "folder" }] }, "folder"],
		["said to be a file", { shared: [{ path: "settings/master", kind: "file" }] }, "file"],
		["found as a folder", { shared: ["found"] }, "folder"],
		["found as a file", { shared: ["lies.here"] }, "file"],
		["found behind a link", { shared: ["to-found"] }, "folder"],
		["that is a database", { shared: ["notes"], databases: [{ path: "notes" }] }, "file"],
		["with a database below", { shared: ["rows.d"], databases: [{ path: "rows.d/a.db" }] }, "folder"],
		["of an environment", { shared: ["config/.env.local"] }, "file"],
		["of a key", { shared: ["tls/server.pem"] }, "file"],
	])("%s", async (_, given, kind) => {
		expect(await kindsOf(given)).toMatchObject([{ kind }]);
	});

	it.each<[string, Given]>([
		[".session", { shared: ["found", ".session"] }],
		["settings/master", { shared: ["settings/master"] }],
		["to-nowhere", { shared: ["to-nowhere"] }],
		["rows", { shared: ["rows"], databases: [{ path: "rows-of/a.db" }] }],
	])("%s that lies nowhere and says nothing is refused, with both ways to write it", async (path, given) => {
		expect(await kindsOf(given)).toMatchObject({
			code: "shared_kind_unknown",
			message: expect.stringContaining(path),
			next: `Say which in \`shared\`: "${path}/" is a folder, and an entry with \`path\` and \`kind\` ("file" or "folder") says either.`,
		});
	});

	it.each<[string, Given]>([
		["a folder", { shared: ["lies.here/"] }],
		["a file", { shared: [{ path: "found", kind: "file" }] }],
	])("that is something else than %s is refused", async (said, given) => {
		expect(await kindsOf(given)).toMatchObject({
			code: "shared_kind_wrong",
			message: expect.stringContaining(`as ${said}`),
		});
	});
});

const writing = (path: string) =>
	`const fs = require("fs"), path = require("path"); fs.mkdirSync(path.dirname("${path}"), { recursive: true }); fs.writeFileSync("${path}", "kept")`;

it.each<[string, Given["shared"]]>([
	[".session/key", [".session/"]],
	["settings/master", [{ path: "settings/master", kind: "file" }]],
	["uploads.v2/a/b", [{ path: "uploads.v2", kind: "folder" }]],
])("a program that makes its folder and writes %s has it in the operator's folder", async (path, shared) => {
	const tools = await makeReleaseTools();
	const releases = tools.releases({ shared });
	await releases.checkout(await makeRelease(tools, "one", { "app.txt": "one\n" }));
	await run(process.execPath, ["-e", writing(path)], { cwd: tools.folder("one") });
	expect(await readFile(join(tools.repository.root, path), "utf8")).toBe("kept");
});

it("makes nothing for a path that says too little, and says so when asked", async () => {
	const tools = await makeReleaseTools();
	const releases = tools.releases({ shared: ["first/", ".session"] });
	expect(await releases.sharing()).toMatchObject({ code: "shared_kind_unknown" });
	const one = await makeRelease(tools, "one", { "app.txt": "one\n" });
	await expect(releases.checkout(one)).rejects.toMatchObject({ refusal: { code: "shared_kind_unknown" } });
	for (const path of ["first", ".session"]) {
		await expect(stat(join(tools.repository.root, path))).rejects.toThrow("ENOENT");
	}
	await mkdir(join(tools.repository.root, ".session"));
	expect(await releases.sharing()).toBeNull();
	await releases.checkout(one);
});
