// Real lives and real kills: a supervisor dies by SIGKILL at each inner site of private folders, before, in and after it. What follows ends in exactly the old or exactly the new content.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { ReleaseRef } from "../../../../src/ports/ports.js";
import { type Tree, writeTree } from "../../../support/git.js";
import { type Agent, exactly, makePrivateTools, type PrivateTools } from "../../../support/git-private.js";
import { sampleOf } from "../../../support/shard.js";

const script = fileURLToPath(new URL("private-life.mjs", import.meta.url));

interface Act {
	readonly adopt?: string;
	readonly stage?: ReleaseRef;
	readonly flip?: string;
}

interface Death {
	readonly site: string;
	readonly moment: "before" | "during" | "after";
	/** Which passing of the site, from 0. */
	readonly hit: number;
}

const many: Tree = Object.fromEntries(
	Array.from({ length: 200 }, (_, index) => [`tpl/d${index % 10}/f${index}.txt`, `${index}\n`.repeat(50)]),
);
const first: Tree = { "host.txt": "host\n", "tpl/a.txt": "a\n", "tpl/gone.txt": "gone\n", ...many };
const change: Tree = {
	"tpl/a.txt": { executable: "A\n" },
	"tpl/gone.txt": null,
	"tpl/new/x.txt": "x\n",
	"tpl/l": { link: "a.txt" },
	...Object.fromEntries(Object.keys(many).map((path) => [path, "changed\n"])),
};

function live(tools: PrivateTools, agent: Agent, act: Act, death: Death | null) {
	const { root, stateDir } = tools.repository;
	const { targetDir, name, places } = agent;
	const given = { place: { root, stateDir, targetDir, name, places }, act, ...death };
	const child = spawn(process.execPath, [script, JSON.stringify(given)], { stdio: ["ignore", "pipe", "inherit"] });
	child.stdout.setEncoding("utf8");
	return child;
}

async function dieAt(tools: PrivateTools, agent: Agent, act: Act, death: Death): Promise<void> {
	const child = live(tools, agent, act, death);
	const exit = once(child, "exit");
	const [said] = await once(child.stdout, "data");
	expect(said).toContain("at the site");
	if (death.moment === "during") await sleep(3);
	child.kill("SIGKILL");
	expect((await exit)[1]).toBe("SIGKILL");
}

async function liveOn(tools: PrivateTools, agent: Agent, act: Act): Promise<void> {
	const child = live(tools, agent, act, null);
	let said = "";
	child.stdout.on("data", (text: string) => {
		said += text;
	});
	expect((await once(child, "close"))[0]).toBe(0);
	expect(said).toMatch(/^(null\n)?done\n$/);
}

async function makeAlice(template = "tpl") {
	const tools = await makePrivateTools(first);
	const folder = join(tools.repository.root, "groups/alice");
	await writeTree(folder, {
		"memory.md": "remember\n",
		"run.sh": { executable: "#!/bin/sh\n" },
		l2: { link: "memory.md" },
	});
	await mkdir(join(folder, "empty/er"), { recursive: true });
	await chmod(join(folder, "empty"), 0o700);
	return { tools, folder, agent: tools.agent("alice", [{ template, folder: "groups/alice" }]) };
}

const moments = ["before", "during", "after"] as const;
const flips = ["privates.copy", "privates.apply", "privates.sync", "privates.switch"];

for (const site of sampleOf(flips)) {
	it(`has the old and the new version whole after lives that died in ${site}`, async () => {
		const { tools, folder } = await makeAlice();
		const agent = tools.agent("bob", [{ template: "tpl", folder: "groups/bob" }]);
		const bob = join(tools.repository.root, "groups/bob");
		expect(await agent.copies.adopt(tools.head)).toBeNull();
		await writeTree(`${bob}/.`, { "memory.md": "private\n", "notes/l": { link: "../memory.md" } });
		await mkdir(join(bob, "empty"));
		const old = await exactly(bob);
		await tools.stage(agent, "one", change);
		for (const moment of moments) {
			await dieAt(tools, agent, { flip: "one" }, { site, moment, hit: 0 });
			const current = await agent.releases.current();
			expect(current === "one" ? await agent.releases.verify("one") : await exactly(bob)).toEqual(
				current === "one" ? [] : old,
			);
			await liveOn(tools, agent, { flip: "base-1" });
			expect(await exactly(bob)).toEqual(old);
		}
		await liveOn(tools, agent, { flip: "one" });
		expect(await agent.releases.verify("one")).toEqual([]);
		const now = await exactly(bob);
		expect(now).toMatchObject({ l: "link to a.txt", empty: old.empty, "memory.md": old["memory.md"] });
		expect([now["gone.txt"], now["a.txt"]?.slice(0, 8)]).toEqual([undefined, "file 755"]);
		await liveOn(tools, agent, { flip: "base-1" });
		expect(await exactly(bob)).toEqual(old);
		expect(await exactly(folder)).toMatchObject({ l2: "link to memory.md" });
	}, 120_000);
}

for (const [site, hit] of sampleOf([
	["privates.stage", 0],
	["privates.sync", 0],
] as const)) {
	it(`stages whole after lives that died in ${site}`, async () => {
		const { tools, agent, folder } = await makeAlice();
		expect(await agent.copies.adopt(tools.head)).toBeNull();
		await writeTree(`${folder}/.`, { "a.txt": "a\n", "gone.txt": "gone\n" });
		const old = await exactly(folder);
		const { commit, tree } = await tools.propose(agent, { "tpl/a.txt": "A\n", "tpl/gone.txt": null });
		const release = { id: "one", commit, tree };
		for (const moment of moments) {
			await dieAt(tools, agent, { stage: release }, { site, moment, hit });
			expect(await exactly(folder)).toEqual(old);
		}
		await liveOn(tools, agent, { stage: release });
		expect(await agent.releases.sealed("one")).toEqual(release);
		await agent.releases.flip("one");
		expect(await agent.releases.verify("one")).toEqual([]);
	}, 60_000);
}

for (const site of sampleOf(["privates.copy", "privates.sync", "privates.switch", "privates.aside", "privates.link"])) {
	it(`has taken a folder over exactly after lives that died in ${site}`, async () => {
		for (const moment of moments) {
			const { tools, agent, folder } = await makeAlice();
			let expected = await exactly(folder);
			await dieAt(tools, agent, { adopt: tools.head }, { site, moment, hit: 0 });
			const there = await exactly(folder).catch(() => null);
			if (there !== null) {
				expect(there).toEqual(expected);
				await writeTree(`${folder}/.`, { "memory.md": `written after the death in ${moment}\n` });
				expected = await exactly(folder);
			}
			await liveOn(tools, agent, { adopt: tools.head });
			expect(await exactly(folder)).toEqual(expected);
			await liveOn(tools, agent, { adopt: tools.head });
			expect(await exactly(folder)).toEqual(expected);
			expect(await exactly(join(agent.targetDir, "adopted/0"))).toHaveProperty("run.sh");
			expect(await agent.releases.current()).toBe("base-1");
		}
	}, 120_000);
}
