// The pure parts: rules for paths and links, argument lists as values, and what git prints.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fetchArgs, mergeTreeArgs, updateRefArgs } from "../../../../src/adapters/git/repository/argv.js";
import {
	gitEnvironment,
	globalConfigText,
	hardening,
	repositoryConfigText,
} from "../../../../src/adapters/git/repository/environment.js";
import { gitCommand } from "../../../../src/adapters/git/repository/git.js";
import { parseChanges, parseTree, type TreeEntry } from "../../../../src/adapters/git/repository/listing.js";
import { createLinkRule } from "../../../../src/adapters/git/trees/link-rule.js";
import { createPathRule, isGitForm, trackedShared } from "../../../../src/adapters/git/trees/path-rules.js";
import { reservedPaths } from "../../../../src/adapters/git/trees/tree-check.js";

it("gives git a whole environment and the flags that harden it", () => {
	expect(gitEnvironment({ globalConfig: "/state/gitconfig", transport: "none" })).toMatchObject({
		HOME: "/nonexistent",
		LC_ALL: "C",
		GIT_CONFIG_NOSYSTEM: "1",
		GIT_CONFIG_GLOBAL: "/state/gitconfig",
		GIT_TERMINAL_PROMPT: "0",
		GIT_OPTIONAL_LOCKS: "0",
		GIT_NO_REPLACE_OBJECTS: "1",
		GIT_ALLOW_PROTOCOL: "none",
	});
	expect(Object.keys(gitEnvironment({ globalConfig: "x", transport: "file" }))).not.toContain("SSH_AUTH_SOCK");
	const flags = hardening.flatMap((setting) => ["-c", setting]);
	expect(gitCommand(["--git-dir=/g"], ["gc"])).toEqual(["git", "--git-dir=/g", ...flags, "gc"]);
	for (const needed of ["core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "protocol.allow=never"]) {
		expect(hardening).toContain(needed);
	}
});

it("builds argument lists", () => {
	expect(fetchArgs("/op/.git", "abc", "refs/x")).toEqual([
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-recurse-submodules",
		"--no-auto-gc",
		"--no-write-fetch-head",
		"--update-shallow",
		"--upload-pack=git-upload-pack",
		"/op/.git",
		"+abc:refs/x",
	]);
	expect(mergeTreeArgs("a", "b")).toEqual([
		"merge-tree",
		"--write-tree",
		"-z",
		"--name-only",
		"--no-messages",
		"a",
		"b",
	]);
	expect(updateRefArgs("refs/x", "new", "old")).toEqual([
		"update-ref",
		"--no-deref",
		"-m",
		"deadman",
		"refs/x",
		"new",
		"old",
	]);
	expect(updateRefArgs("refs/x", "new")).toHaveLength(6);
});

it("writes configuration files", () => {
	expect(globalConfigText(['/a "b"', "/c\\d"])).toBe('[safe]\n\tdirectory = "/a \\"b\\""\n\tdirectory = "/c\\\\d"\n');
	expect(repositoryConfigText({ bare: true, objectFormat: "sha1" })).not.toContain("objectformat");
	expect(repositoryConfigText({ bare: false, objectFormat: "sha256" })).toContain("objectformat = sha256");
});

const entry = (path: string, mode = "100644"): TreeEntry => ({ mode, oid: "0", bytes: 1, path, shown: path });
const rule = (links: Record<string, string> = {}, shared: string[] = []) =>
	createPathRule({ links: new Map(Object.entries(links)), shared, reserved: [".deadman"] });

it("accepts what is odd but harmless", () => {
	const check = rule();
	for (const path of ["a b", "'\"", "übung", "-rf", "--", ".gitignore", ".github/x", "git", "a..b", "...", "日本/語"]) {
		expect(check(entry(path)), path).toBeNull();
	}
	expect(check(entry("run", "100755"))).toBeNull();
});

it("knows a git folder in every disguise", () => {
	const forms = [
		".git",
		".GIT",
		".Git",
		"git~1",
		"GIT~2",
		".git ",
		".git.",
		".git. .",
		".g\u200cit",
		"\ufeff.git",
		".git::$INDEX_ALLOCATION",
	];
	for (const form of forms) expect(isGitForm(form), form).toBe(true);
	for (const other of [".gitignore", ".gitmodules", "git", "a.git", "git~x", ".git-blame"]) {
		expect(isGitForm(other), other).toBe(false);
	}
});

it("keeps the supervisor's folder out, in any case", () => {
	for (const path of [".deadman", ".deadman/live.json", ".DEADMAN/x"]) {
		expect(rule()(entry(path))?.reason, path).toContain("supervisor");
	}
	expect(rule()(entry(".deadman2/x"))).toBeNull();
	expect(reservedPaths("/op", "/op/.deadman")).toEqual([".deadman"]);
	expect(reservedPaths("/op", "/op/.deadman/state")).toEqual([".deadman"]);
	expect(reservedPaths("/op", "/op/var/state")).toEqual([".deadman", "var/state"]);
	expect(reservedPaths("/op", "/elsewhere")).toEqual([".deadman"]);
});

it("follows links through links, and through shared paths", () => {
	const check = (links: Record<string, string>, at: string, shared: string[] = []) =>
		createLinkRule({ links: new Map(Object.entries(links)), shared })(at);
	const inside = [
		[{ l: "a/b" }, "l"],
		[{ "d/l": "../x" }, "d/l"],
		[{ l: "d/../x" }, "l"],
		[{ a: "d/e", l: "a/../x" }, "l"],
		[{ l: "data/app.db" }, "l", ["data"]],
	] as const;
	for (const [links, at, shared = []] of inside)
		expect(check(links, at, [...shared]), JSON.stringify(links)).toBeNull();
	const outside = [
		[{ l: ".." }, "l"],
		[{ "d/l": "../../x" }, "d/l"],
		[{ "d/e/up": "../..", l: "d/e/up/.." }, "l"],
		[{ a: "/etc", l: "a/passwd" }, "l"],
		[{ a: "b", b: "a" }, "a"],
		[{ l: "" }, "l"],
		[{ l: "data/../secret" }, "l", ["data"]],
		[{ l: ".git/config" }, "l"],
	] as const;
	for (const [links, at, shared = []] of outside) {
		expect(check(links, at, [...shared]), JSON.stringify(links)).not.toBeNull();
	}
});

it("never lets a chain of links leave the tree", () => {
	const part = fc.constantFrom("a", "b", "c", "..", ".");
	const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
	const place = fc.constantFrom("a", "b", "c", "a/b", "b/c", "c/a/b");
	fc.assert(
		fc.property(fc.dictionary(place, path, { maxKeys: 4 }), (links) => {
			const check = createLinkRule({ links: new Map(Object.entries(links)), shared: [] });
			for (const at of Object.keys(links)) {
				if (check(at) === null) expect(resolveNaively(links, at)).not.toBe("outside");
			}
		}),
	);
});

/** As a kernel does it, written differently: recursion, strings. */
function resolveNaively(links: Record<string, string>, at: string, depth = 0): string {
	if (depth > 40) return "loop";
	let place = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "";
	for (const part of (links[at] ?? "").split("/")) {
		if (part === "" || part === ".") continue;
		if (part === "..") {
			if (place === "") return "outside";
			place = place.includes("/") ? place.slice(0, place.lastIndexOf("/")) : "";
			continue;
		}
		const next = place === "" ? part : `${place}/${part}`;
		place = Object.hasOwn(links, next) ? resolveNaively(links, next, depth + 1) : next;
		if (place === "outside" || place === "loop") return place;
	}
	return place;
}

it("finds a shared path that is tracked, above and below", () => {
	expect(trackedShared(["app", "data/x"], ["data"])).toBe("data");
	expect(trackedShared(["data"], ["data/app.db"])).toBe("data/app.db");
	expect(trackedShared(["database/x", "a/data"], ["data"])).toBeNull();
});

it("reads what git prints", async () => {
	const listed = Buffer.concat([
		Buffer.from(`100644 blob ${"a".repeat(40)}      12\tdir/a\tb\n.txt\0`),
		Buffer.from(`160000 commit ${"b".repeat(40)}       -\tmodule\0`),
		Buffer.from(`100755 blob ${"c".repeat(40)}       1\t`),
		Buffer.from([0xff, 0]),
	]);
	expect(await parseTree(listed)).toEqual([
		{ mode: "100644", oid: "a".repeat(40), bytes: 12, path: "dir/a\tb\n.txt", shown: "dir/a\tb\n.txt" },
		{ mode: "160000", oid: "b".repeat(40), bytes: 0, path: "module", shown: "module" },
		{ mode: "100755", oid: "c".repeat(40), bytes: 1, path: null, shown: "\u00ff" },
	]);
	const raw = [":100644 100644 a b R090", "old", "new", ":100644 100755 a a M", "mode", ":100644 120000 a b T", "kind"];
	expect(await parseChanges(Buffer.from(`${raw.join("\0")}\0`))).toEqual([
		{ path: "new", change: "renamed", from: "old", summary: null },
		{ path: "mode", change: "mode", from: null, summary: null },
		{ path: "kind", change: "retyped", from: null, summary: null },
	]);
	expect(await parseChanges(Buffer.from(""))).toEqual([]);
});
