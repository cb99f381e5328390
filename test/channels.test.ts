// The list of kinds, each held to what it says of itself: in its adapter, in package.json, in the documents. A new kind is judged without a line here.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ChannelKind, ChannelParts, ListedKind } from "../src/channel-kind.js";
import { channels } from "../src/channels.js";
import { ownSurfaces, trustOf } from "../src/core/actor.js";
import { readSources, root } from "./tidy/sources.js";

const document = await readFile(join(root, "docs/chats.md"), "utf8");
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

/** Whatever a key takes of these. */
const values = ["1", "https://example.org/", { env: "A_SECRET" }];

function settingsOf({ kind, schema }: ChannelKind) {
	const taken = Object.entries(schema.shape).map(([key, shape]) => [
		key,
		values.find((value) => z.safeParse(shape, value).success),
	]);
	return schema.parse({ ...Object.fromEntries(taken.filter(([, value]) => value !== undefined)), kind });
}

const nothing = {} as never;
const parts: ChannelParts = {
	...{ name: "mine", root: "/", stateDir: "/", secret: async () => "", nonces: nothing, files: nothing },
	...{ commands: nothing, clock: nothing, log: nothing },
};

describe.each(channels.map((one): [string, ListedKind] => [one.kind, one]))("%s", (kind, one) => {
	it("makes a channel whose clicks carry its surface", async () => {
		const settings = settingsOf(one);
		const delivery = await one.create(settings, parts);
		expect(delivery.surface).toBe(one.surface);
		expect(delivery.address()).not.toBe("");
		if (one.posts?.(settings)) expect(delivery.receive).toBeDefined();
	});

	it("is trusted as a chat, unless the core knows its surface", () => {
		if (ownSurfaces.includes(one.surface)) expect(["own", "app"]).toContain(trustOf(one.surface));
		else expect([one.surface, trustOf(one.surface)]).toEqual([kind, "chat"]);
	});

	it("needs only packages that are optional, and that the tests have", () => {
		for (const name of one.packages ?? []) {
			expect(manifest.peerDependencies[name]).toBe(`^${manifest.devDependencies[name]}`);
			expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
			expect(manifest.dependencies[name]).toBeUndefined();
		}
	});

	it("stands in the documents with every key that it needs", () => {
		const row = document
			.split("\n")
			.find((line) => line.startsWith("| `") && line.split("|")[1]?.includes(`\`${kind}\``));
		const { required = [] } = z.toJSONSchema(one.schema, { io: "input" });
		const missing = required.filter((key) => key !== "kind" && !row?.includes(`\`${key}\``));
		expect([row?.startsWith("| `"), missing]).toEqual([true, []]);
	});
});

it("has each kind once", () => {
	const kinds = channels.map(({ kind, schema }) => [kind, schema.shape.kind.value]);
	expect(kinds.filter(([said, named]) => said !== named)).toEqual([]);
	expect(new Set(kinds.flat()).size).toBe(channels.length);
});

it("stays unknown to the core", async () => {
	const chats = channels.filter(({ surface }) => trustOf(surface) === "chat").map(({ kind }) => `"${kind}"`);
	const core = (await readSources(join(root, "src/core"))).filter(({ text }) =>
		chats.some((name) => text.includes(name)),
	);
	expect(core.map(({ path }) => path)).toEqual([]);
});
