// What approvers read of a change accounts for every byte of it: what stands there as text makes the new file out of the old one, and what
// does not is named with the sizes and hashes of both.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createRepository } from "../../../../src/adapters/git/repository.js";
import type { DiffPart } from "../../../../src/ports/ports.js";
import { type Content, commitTree, makeRepository, makeTools, plainGit, type Tree } from "../../../support/git.js";

const line = fc.constantFrom(
	"one",
	"two",
	"",
	"\tthree",
	"@@ -1 +1 @@",
	"diff --git a/x b/x",
	"--- a/x",
	"+++ b/x",
	"-gone",
	"+new",
);
const odd = fc.constantFrom(
	"nul\0byte",
	"esc\u001b[2J",
	"bidi\u202e",
	"cr\rhere",
	"win\r",
	"zero\u200bwidth",
	"ünï",
	"pаypal",
	"NOT SHOWN",
);
const text = fc
	.tuple(
		fc.array(fc.oneof({ weight: 6, arbitrary: line }, { weight: 1, arbitrary: odd }), { maxLength: 12 }),
		fc.boolean(),
	)
	.map(([lines, ended]) => lines.join("\n") + (ended && lines.length > 0 ? "\n" : ""));
const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw));
const content: fc.Arbitrary<Content> = fc.oneof(
	{ weight: 5, arbitrary: text },
	{ weight: 1, arbitrary: bytes },
	{ weight: 1, arbitrary: fc.constantFrom<Content>({ link: "always.txt" }, { link: "./always.txt" }) },
	{ weight: 1, arbitrary: text.map((one): Content => ({ executable: one })) },
	{ weight: 1, arbitrary: fc.constant(null) },
);
const paths = ["a.js", "b c.js", "sub/b.js", "sub/é.txt", 'quote".md', "package-lock.json"] as const;
const tree: fc.Arbitrary<Tree> = fc.record(Object.fromEntries(paths.map((path) => [path, content])));

interface Stands {
	readonly bytes: Buffer;
	readonly mode: string;
}

function standing(content: Content | undefined): Stands | null {
	if (content == null) return null;
	if (typeof content === "string" || Buffer.isBuffer(content)) return { bytes: Buffer.from(content), mode: "100644" };
	if ("link" in content) return { bytes: Buffer.from(content.link), mode: "120000" };
	return { bytes: Buffer.from(content.executable), mode: "100755" };
}

const blobOf = (bytes: Buffer) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const named = (stands: Stands | null) =>
	stands === null ? null : { bytes: stands.bytes.length, hash: blobOf(stands.bytes) };

/** As a patch program would: the new bytes, and how many were added or taken away. */
function applied(patch: string, old: Buffer): { readonly bytes: Buffer; readonly changed: number } {
	const source = old.toString("latin1").split(/(?<=\n)/);
	const out: string[] = [];
	let [at, changed, oldLeft, newLeft] = [0, 0, 0, 0];
	let last: { sign: string; index: number } = { sign: "", index: 0 };
	for (const raw of Buffer.from(patch).toString("latin1").split("\n")) {
		if (raw.startsWith("\\ ")) {
			if (last.sign !== "-") out[last.index] = (out[last.index] ?? "").slice(0, -1);
			if (last.sign !== " ") changed -= 1;
			continue;
		}
		if (oldLeft === 0 && newLeft === 0) {
			const [, from, count = "1", , more = "1"] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(raw) ?? [];
			if (from === undefined) continue;
			const start = Number(count) === 0 ? Number(from) : Number(from) - 1;
			out.push(...source.slice(at, start));
			[at, oldLeft, newLeft] = [start, Number(count), Number(more)];
			continue;
		}
		const sign = raw[0] ?? " ";
		if (sign !== "+") [at, oldLeft] = [at + 1, oldLeft - 1];
		if (sign !== "-") newLeft -= 1;
		if (sign !== "-") out.push(`${raw.slice(1)}\n`);
		if (sign !== " ") changed += raw.length;
		last = { sign, index: out.length - 1 };
	}
	return { bytes: Buffer.from([...out, ...source.slice(at)].join(""), "latin1"), changed };
}

function expectAccounted({ sides, read }: DiffPart, before: Tree, after: Tree): void {
	const [old, now] = [standing(before[sides.from ?? sides.path]), standing(after[sides.path])];
	expect([sides.before, sides.after]).toEqual([named(old), named(now)]);
	if (read.unshown !== null) {
		expect(read.unshown).toMatchObject({ before: named(old), after: named(now) });
		if (read.unshown.why === "binary")
			expect(read.namedBytes).toBe((old?.bytes.length ?? 0) + (now?.bytes.length ?? 0));
		expect(read.text).toContain(
			`becomes ${now === null ? "none" : `${now.bytes.length} bytes, blob ${blobOf(now.bytes)}`}`,
		);
		return;
	}
	const nothing = Buffer.alloc(0);
	// One kind in the place of another is a removal and an addition: two patches.
	const isRetyped = old !== null && now !== null && (old.mode === "120000") !== (now.mode === "120000");
	const [first = "", ...more] = isRetyped ? read.text.split(/(?<=\n)(?=diff --git )/) : [read.text];
	const whole = isRetyped ? applied(more.join(""), nothing) : applied(first, old?.bytes ?? nothing);
	const removed = isRetyped ? applied(first, old.bytes).changed : 0;
	expect(whole.bytes.toString("latin1")).toBe((now?.bytes ?? nothing).toString("latin1"));
	expect(read.shownBytes).toBe(whole.changed + removed);
	for (const stands of [old, now]) {
		if (stands !== null && old?.mode !== now?.mode) expect(read.text).toContain(stands.mode);
	}
}

it("shown and named make the change, whatever the two trees are", { timeout: 240_000 }, async () => {
	const { root, stateDir, git } = await makeRepository();
	const repository = createRepository({ root, branch: "main", stateDir, ...makeTools() });
	const commit = async (files: Tree) => {
		await plainGit(root, "rm", "-rfq", "--ignore-unmatch", ".");
		await commitTree(root, { ...files, "always.txt": "here\n" });
		const hash = await git("rev-parse", "HEAD");
		expect(await repository.intake(hash)).toBeNull();
		return hash;
	};
	await fc.assert(
		fc.asyncProperty(tree, tree, async (before, after) => {
			const [from, to] = [await commit(before), await commit(after)];
			const digest = await repository.digest({ from, to, maxBytes: 1_000_000 });
			const parts = digest.parts ?? [];
			for (const part of parts) expectAccounted(part, before, after);
			const isSame = (path: string) => {
				const [one, other] = [standing(before[path]), standing(after[path])];
				return (
					one?.mode === other?.mode &&
					(one === null ? other === null : one.bytes.equals(other?.bytes ?? Buffer.alloc(0)))
				);
			};
			const changed = paths.filter((path) => !isSame(path)).toSorted();
			const told = new Set(
				parts.flatMap(({ sides }) => (sides.from === null ? [sides.path] : [sides.path, sides.from])),
			);
			expect([...told].toSorted()).toEqual(changed);
			expect(digest.text).toBe(parts.map(({ read }) => read.text).join(""));
		}),
		{ numRuns: 15 },
	);
});

async function partsOf(before: Tree, after: Tree): Promise<ReadonlyMap<string, DiffPart>> {
	const { root, stateDir, git, commit } = await makeRepository({ "app.txt": "one\n", ...before });
	const repository = createRepository({ root, branch: "main", stateDir, ...makeTools() });
	const from = await git("rev-parse", "HEAD");
	const to = await commit(after);
	for (const one of [from, to]) expect(await repository.intake(one)).toBeNull();
	const { parts = [] } = await repository.digest({ from, to, maxBytes: 1_000_000 });
	return new Map(parts.map((part) => [part.sides.path, part]));
}

it("names what a reader would pass over", { timeout: 60_000 }, async () => {
	const parts = await partsOf(
		{ "run.sh": "true\n", "old.js": `${"x\n".repeat(20)}`, "same.png": Buffer.from([0, 1, 2]) },
		{
			"nul.js": "evil();/*\0*/\n//fine, and long enough to be a text\n",
			"bidi.js": "if (admin) { // \u202e check\n",
			"latin.txt": Buffer.from("a long enough line of latin text: caf\xe9\n", "latin1"),
			"logo.png": Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256)),
			"run.sh": { executable: "true\n" },
			"link.js": { link: "app.txt" },
			"old.js": null,
			"moved.js": `${"x\n".repeat(20)}`,
			"yarn.lock": "# yarn lockfile v1\n",
			"public/app.min.js": `${"a=1;".repeat(500)}\n`,
			"twin.js": "const p\u0430ypal = 1;\n",
			"windows.txt": "a\r\nb\r\n",
			"family.md": "\u{1F468}\u200d\u{1F469}\u200d\u{1F467} \u2764\ufe0f\n",
		},
	);
	const told = (path: string) => [parts.get(path)?.read.marks, parts.get(path)?.read.unshown?.why ?? null];
	expect(told("nul.js")).toEqual([["hidden_characters"], "hidden_characters"]);
	expect(told("bidi.js")).toEqual([["hidden_characters"], "hidden_characters"]);
	expect(told("latin.txt")).toEqual([["hidden_characters"], "hidden_characters"]);
	expect(parts.get("latin.txt")?.read.text).toContain("caf\\xe9");
	expect(told("logo.png")).toEqual([[], "binary"]);
	expect(told("run.sh")).toEqual([["executable"], null]);
	expect(parts.get("run.sh")?.read.text).toContain("new mode 100755");
	expect(told("link.js")).toEqual([["link"], null]);
	expect(told("moved.js")).toEqual([["moved"], null]);
	expect(told("yarn.lock")).toEqual([["lock_file"], null]);
	expect(told("public/app.min.js")).toEqual([["generated", "long_lines"], null]);
	expect(told("twin.js")).toEqual([["mixed_scripts"], null]);
	expect(told("windows.txt")).toEqual([["windows_lines"], null]);
	expect(told("family.md")).toEqual([[], null]);
	expect(parts.has("same.png")).toBe(false);
});

it("compares no file that is too large, and names it", { timeout: 60_000 }, async () => {
	const parts = await partsOf(
		{ "big.txt": "a\n".repeat(9_000_000) },
		{ "big.txt": `b\n${"a\n".repeat(9_000_000)}`, "app.txt": "two\n" },
	);
	expect(parts.get("big.txt")?.read).toMatchObject({
		unshown: { why: "too_large", before: { bytes: 18_000_000 }, after: { bytes: 18_000_002 } },
		namedBytes: 36_000_002,
	});
	expect(parts.get("app.txt")?.read).toMatchObject({ unshown: null, shownBytes: 8 });
});
