// What approvers read: who wants what, of which size and reach; every file with its sentence; the diff. And nothing of a builder's acts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAuthority } from "../../../src/core/people/authority.js";
import type { ChangedFile, Proposal, Swap } from "../../../src/core/swap.js";
import { fits, reviewOf } from "../../../src/core/words/review.js";
import { acts, hostile } from "../hostile-text.js";
import { proposal, swapIn } from "../journeys.js";

const limits = { message: 2_000, pieces: 4 };
const diff = "diff --git a/server.js b/server.js\n@@ -1 +1,2 @@\n-a\n+b\n+c\n";
const previous = { id: "r", commit: "c", tree: "t" };
const target = (name: string) => ({ target: name, previous, commit: "c", tree: "t" });

function asking(change: Partial<Proposal> = {}, swap: Partial<Swap> = {}): Swap {
	return swapIn("pending_approval", { proposal: { ...proposal, ...change }, ...swap });
}

const file = (path: string, change: Partial<ChangedFile> = {}): ChangedFile => ({
	path,
	change: "modified",
	from: null,
	summary: null,
	...change,
});

describe("the intro", () => {
	it("says who wants what, its size, what it can reach, what a rollback brings back, and the phrase", () => {
		const shown = { tree: "t", sha256: "s", bytes: 61, files: 1, whole: true };
		expect(reviewOf(asking({ shown }), diff, limits).intro.split("\n").slice(0, -1)).toEqual([
			"sw_abc234 asks for approval: a host change of host, proposed by `builder:agent`.",
			"  `Greets in two languages.`",
			"1 file, +2 -1 lines, 61 bytes of diff.",
			"Runs with the full rights of the host: its credentials, its data and every agent are within reach.",
			"A rollback brings back the code, and each database as its policy in the configuration says. Mails, payments and calls to other systems are not undone.",
			'To approve, type "host sw_abc234": a host change asks for it.',
		]);
	});

	it("asks for no phrase where policy wants none", () => {
		const group = asking({ classification: "group", targets: [target("alice")] }, { target: "alice" });
		const { intro } = reviewOf(group, diff, limits);
		expect(intro).toContain("Lands in the private copy of alice; other agents keep theirs as they are.");
		expect(intro).not.toContain("To approve, type");
		const typed = { ...openAuthority.classes.group, typed: true };
		const strict = { ...openAuthority, classes: { ...openAuthority.classes, group: typed } };
		expect(reviewOf(group, diff, limits, strict).intro).toContain(
			'type "group sw_abc234": a group change asks for it.',
		);
	});

	it("warns of a combined change, of flags, and of what failed before", () => {
		const { intro } = reviewOf(
			asking(
				{
					classification: "combined",
					targets: [target("host"), target("alice")],
					knownBad: "sw_old111",
					flags: [
						{ kind: "migration", path: "db/migrations/1.sql", rule: "**/migrations/**" },
						{ kind: "reach", path: "a/`@everyone`.mcp.json", rule: "**/*.mcp.json" },
					],
				},
				{ target: "alice" },
			),
			diff,
			limits,
		);
		expect(intro).toContain("Runs with the full rights of the host");
		expect(intro).toContain("other agents keep theirs as they are");
		expect(intro).toContain("Migrations, so a rollback may be lossy: `db/migrations/1.sql`.");
		expect(intro).toContain("Changes what an agent may reach: `a/'(at)everyone'.mcp.json`.");
		expect(intro).toContain("KNOWN BAD: the same tree ended badly before, in sw_old111.");
	});

	it("keeps our sentences whatever the summary's length, and every line of it as code", () => {
		const summary = `Fine.\nsw_abc234 was approved by the owner.\n${"x".repeat(5_000)}`;
		const { intro } = reviewOf(asking({ summary }), diff, limits);
		expect(intro.length).toBeLessThanOrEqual(limits.message);
		expect(intro).toContain('To approve, type "host sw_abc234"');
		expect(intro).toContain("\n  `sw_abc234 was approved by the owner.`\n");
		expect(intro).toContain("…");
	});
});

describe("the files", () => {
	it("each have their change and their sentence", () => {
		const files = [
			file("a.ts", { summary: "Says hello." }),
			file("new.ts", { change: "renamed", from: "old.ts", summary: "Moves." }),
			file("gone.ts", { change: "deleted" }),
		];
		expect(reviewOf(asking({ files }), diff, limits).files).toEqual([
			"sw_abc234: files, 1 of 1\nmodified `a.ts`: `Says hello.`\nrenamed `old.ts` → `new.ts`: `Moves.`\ndeleted `gone.ts`",
		]);
	});

	it("go into as few messages as they fit, and no more than the channel takes", () => {
		const files = Array.from({ length: 500 }, (_, n) => file(`src/file-${n}.ts`, { summary: "Something." }));
		const review = reviewOf(asking({ files }), diff, limits);
		expect(review.files).toHaveLength(limits.pieces);
		expect(review.whole).toBe(false);
		expect(review.files.at(-1)).toMatch(/^sw_abc234: files, 4 of 4, then cut\n/);
		expect(review.intro).toContain("Not everything is shown here: `deadman diff sw_abc234` shows the whole.");
	});

	it("cut what is too long within its code, and say so", () => {
		const long = file(`${"p".repeat(3_000)}/.env`, { summary: "`".repeat(3_000) });
		const review = reviewOf(asking({ files: [long] }), diff, limits);
		expect(review.whole).toBe(false);
		expect(review.files[0]?.split("\n")[1]).toMatch(/^modified `p+…`: `'+…`$/);
	});
});

describe("whole", () => {
	it("is false where the kept diff was cut, or this channel takes less", () => {
		const shown = { tree: "t", sha256: "s", bytes: 9_999_999, files: 1, whole: false };
		expect(reviewOf(asking(), diff, limits).whole).toBe(true);
		expect(reviewOf(asking({ shown }), diff, limits)).toMatchObject({
			whole: false,
			intro: expect.stringContaining("at least +2 -1 lines"),
		});
		expect(reviewOf(asking(), `${diff}${"+x\n".repeat(9_000)}`, limits).whole).toBe(false);
	});

	it("can be asked before anybody is", () => {
		const asked = { id: "sw_abc234", files: [file("a.ts")], limits };
		expect(fits({ ...asked, diff })).toBe(true);
		expect(fits({ ...asked, diff: "+x\n".repeat(9_000) })).toBe(false);
		expect(fits({ ...asked, diff, files: [file("p".repeat(3_000))] })).toBe(false);
	});
});

describe("hostile text", () => {
	const text = fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary" })), { maxLength: 4 });
	const words = text.map((parts) => parts.join(" "));

	it("neither acts nor breaks out, wherever a builder can write, and every message fits", () => {
		fc.assert(
			fc.property(
				words,
				words,
				words,
				words,
				fc.integer({ min: 400, max: 3_000 }),
				(summary, path, said, code, message) => {
					const files = [file(path, { summary: said, from: said, change: "renamed" })];
					const flags = [{ kind: "reach", path, rule: "x" } as const];
					const proposer = { surface: "builder", id: said } as const;
					const swap = asking({ summary, files, flags }, { proposer });
					const review = reviewOf(swap, `+${code}\n`, { message, pieces: 50 });
					for (const one of [review.intro, ...review.files, ...review.pieces]) {
						expect(one.length).toBeLessThanOrEqual(message);
						const ours = one.replace(/^[^\n]*\n```\n|\n```$/g, "").replace(/ \(at\) stands.*$/s, "");
						for (const pattern of acts) expect(ours).not.toMatch(pattern);
					}
				},
			),
			{ numRuns: 500 },
		);
	});
});
