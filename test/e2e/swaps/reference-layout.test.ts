// The reference layout with three agents: a change of one agent's private copy leaves the others alone, a host change needs its phrase,
// a combined one says what it means, and a promotion makes the template what new agents inherit.
import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { agents, openReference, targetOf } from "../../../fixtures/reference/layout.js";
import { close, configure, deadman, git, type Json, killSupervisor, raise, reach, swapOf, until } from "../scene.js";

let scene: Json;
afterEach(() => close(scene));

const skill = "container/skills/greet/SKILL.md";
const skillOf = (name: string) => join(scene.root, "data", "sessions", name, "skills");

async function open(): Promise<void> {
	scene = await openReference();
	await raise(scene);
	for (const name of agents) await until(`${name} answers`, () => answerOf(name));
}

async function answerOf(name: string): Promise<Json> {
	const response = await fetch(`http://127.0.0.1:${scene.ports[name]}/`, { headers: { connection: "close" } }).catch(
		() => null,
	);
	return response === null ? null : response.json();
}

/** Everything below the agent's folders as it is: kind, mode, content or target. What a start writes is left out. */
async function picture(name: string): Promise<Record<string, string>> {
	const seen: Record<string, string> = {};
	const folders = [
		`groups/${name}`,
		...["agent-runner-src", "skills"].map((folder) => `data/sessions/${name}/${folder}`),
	];
	async function walk(path: string): Promise<void> {
		for (const entry of await readdir(join(scene.root, path))) {
			const below = `${path}/${entry}`;
			const full = join(scene.root, below);
			const found = await lstat(full);
			if (entry === "last-start") continue;
			if (found.isSymbolicLink()) seen[below] = `link ${await readlink(full)}`;
			else if (found.isDirectory()) {
				seen[below] = `folder ${(found.mode & 0o7777).toString(8)}`;
				await walk(below);
			} else {
				const hash = createHash("sha256")
					.update(await readFile(full))
					.digest("hex");
				seen[below] = `${(found.mode & 0o7777).toString(8)} ${hash}`;
			}
		}
	}
	for (const folder of folders) await walk(folder);
	return seen;
}

async function pictures(): Promise<Json> {
	return Object.fromEntries(await Promise.all(agents.map(async (name) => [name, await picture(name)])));
}

async function workspaceOf(name: string, target: string): Promise<string> {
	const { workspace, error } = await deadman(scene, "workspace", "create", name, "--target", target);
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
	return workspace.path;
}

async function commit(path: string, files: Record<string, string>): Promise<void> {
	for (const [file, content] of Object.entries(files)) {
		await writeFile(join(path, file), content);
		await git({ root: path }, "add", "--force", file);
	}
	await git({ root: path }, "commit", "--quiet", "-m", "a change");
}

async function submit(name: string, summary: string, sentences: Record<string, string> = {}): Promise<Json> {
	const given = Object.entries(sentences).flatMap(([path, text]) => ["--file-summary", `${path}=${text}`]);
	const answer = await deadman(scene, "submit", name, "--summary", summary, ...given);
	if (answer.error !== undefined) throw new Error(`${answer.error.code}: ${answer.error.message}`);
	return answer.swap;
}

async function onTrial(id: string, ...phrase: string[]): Promise<Json> {
	const answer = await deadman(scene, "approve", id, ...(phrase.length === 0 ? [] : ["--type", phrase.join(" ")]));
	if (answer.error !== undefined) throw new Error(`${answer.error.code}: ${answer.error.message}`);
	const swap = await reach(scene, id, "awaiting_confirmation", "drafting", "rolled_back");
	expect(swap.status, JSON.stringify(swap.cause)).toBe("awaiting_confirmation");
	return swap;
}

test("a group swap reaches one agent, its promotion the template, and a new agent inherits it", async () => {
	await open();
	const before = await pictures();
	const path = await workspaceOf("warmer", "alice");
	expect(await readFile(join(path, "groups/alice/CLAUDE.md"), "utf8")).toBe("You are alice.\n");
	await commit(path, { [skill]: "Say hello warmly.\n" });
	const swap = await submit("warmer", "Alice greets warmly");
	expect(swap).toMatchObject({ classification: "group", target: "alice", status: "pending_approval" });

	await onTrial(swap.id);
	expect(await answerOf("alice")).toMatchObject({ skill: "Say hello warmly.\n" });
	const during = await pictures();
	expect(during).toMatchObject({ bob: before.bob, carol: before.carol });
	expect(during.alice).not.toEqual(before.alice);
	expect(await readFile(join(scene.root, skill), "utf8")).toBe("Say hello.\n");

	expect((await deadman(scene, "confirm", swap.id)).code).toBe(0);
	await reach(scene, swap.id, "finalized");
	const offered = await until("the promotion is offered", async () => {
		const { promotion } = await swapOf(scene, swap.id);
		return promotion?.state === "offered" ? promotion : null;
	});
	expect(offered.paths).toEqual([skill]);

	// What lies there now is not what was reviewed: only the latter becomes the template.
	await writeFile(join(skillOf("alice"), "greet", "SKILL.md"), "Say something else.\n");
	const head = (await git(scene, "rev-parse", "main")).trim();
	expect((await deadman(scene, "promote", swap.id)).code).toBe(0);
	await until("the template is written", async () => (await swapOf(scene, swap.id)).promotion.state === "applied");
	expect(await git(scene, "show", `main:${skill}`)).toBe("Say hello warmly.\n");
	expect((await git(scene, "rev-parse", "main^")).trim()).toBe(head);
	expect(await pictures()).toMatchObject({ bob: before.bob, carol: before.carol });

	await inherit();
	expect(await answerOf("dave")).toMatchObject({ agent: "dave", skill: "Say hello warmly.\n" });
	expect(await answerOf("bob")).toMatchObject({ skill: "Say hello.\n" });
});

/** Dave is added to the configuration, and the supervisor is started again. */
async function inherit(): Promise<void> {
	await configure(scene, (config) => {
		config.targets.dave = targetOf("dave", scene.ports.dave);
	});
	await killSupervisor(scene);
	// The own folder of an agent is its own business: it stands before the agent is started.
	await mkdir(join(scene.root, "groups", "dave"), { recursive: true });
	await writeFile(join(scene.root, "groups", "dave", "CLAUDE.md"), "You are dave.\n");
	await raise(scene);
	await until("dave answers", () => answerOf("dave"));
}

test("a group swap that is rolled back leaves the agent exactly as it was", async () => {
	await open();
	const before = await pictures();
	const path = await workspaceOf("louder", "bob");
	await commit(path, {
		"container/agent-runner/src/tools.js": "export const greet = (name) => name.toUpperCase();\n",
		"container/skills/shout.md": "Shout.\n",
		"groups/bob/CLAUDE.md": "You are BOB.\n",
	});
	const swap = await submit("louder", "Bob shouts", {
		"container/agent-runner/src/tools.js": "shouts the name",
		"container/skills/shout.md": "a new skill",
		"groups/bob/CLAUDE.md": "knows that he shouts",
	});
	await onTrial(swap.id);
	expect(await answerOf("bob")).toMatchObject({ greeting: "BOB", persona: "You are BOB.\n" });
	await deadman(scene, "rollback", swap.id, "--reason", "too loud");
	const ended = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(ended.status).toBe("rolled_back");
	expect(await answerOf("bob")).toMatchObject({ greeting: "Hello, I am bob." });
	expect(await pictures()).toEqual(before);
});

test("a host swap needs its phrase, and a combined one says what it means for the others", async () => {
	await open();
	const path = await workspaceOf("both", "carol");
	await commit(path, {
		"server.cjs": (await readFile(join(path, "server.cjs"), "utf8")).replace('VERSION = "1"', 'VERSION = "2"'),
	});
	const host = await submit("both", "The host says two");
	expect(host.classification).toBe("host");
	expect(await deadman(scene, "approve", host.id)).toMatchObject({ code: 4, error: { code: "phrase_needed" } });
	expect(await deadman(scene, "approve", host.id, "--type", "yes")).toMatchObject({ error: { code: "phrase_wrong" } });
	await onTrial(host.id, "host", host.id);
	await deadman(scene, "confirm", host.id);
	await reach(scene, host.id, "finalized");
	expect(await git(scene, "log", "-p", "main", "--", "groups")).toBe("");

	const second = await workspaceOf("again", "carol");
	await commit(second, {
		"server.cjs": (await readFile(join(second, "server.cjs"), "utf8")).replace('VERSION = "2"', 'VERSION = "3"'),
		[skill]: "Say hello to the host.\n",
	});
	const combined = await submit("again", "Both change", { "server.cjs": "says three", [skill]: "knows the host" });
	expect(combined).toMatchObject({ classification: "combined", targets: ["host", "carol"] });
	const { review } = await deadman(scene, "review", combined.id);
	expect(JSON.stringify(review)).toContain("other agents keep");
	await onTrial(combined.id, "combined", combined.id);
	expect(await answerOf("carol")).toMatchObject({ skill: "Say hello to the host.\n" });
	expect(await answerOf("alice")).toMatchObject({ skill: "Say hello.\n" });
	await deadman(scene, "rollback", combined.id);
	expect((await reach(scene, combined.id, "rolled_back", "stranded")).status).toBe("rolled_back");
	expect(await answerOf("carol")).toMatchObject({ skill: "Say hello.\n" });
	expect(await (await fetch(`http://127.0.0.1:${scene.port}/`)).json()).toMatchObject({ version: "2" });
});
