// The configuration as the engine reads it: reminders, conversations and the introduction with what stands in its variable.
import { describe, expect, it } from "vitest";
import { engineSettings } from "../../src/app/settings.js";
import { type Config, parseConfig } from "../../src/config/config.js";
import { isRefusal } from "../../src/core/refusals.js";

function parsed(config: Partial<Config>) {
	const program = { command: "node server.js", readiness: { minUptime: "1s" } };
	const people = { ana: { identities: ["slack:U1"], roles: ["owner"] } };
	return parseConfig({ program, people, ...config }, "test");
}

function settings(config: Partial<Config>, env: Readonly<Record<string, string>> = {}) {
	const found = parsed(config);
	if (isRefusal(found)) throw new Error(found.message);
	return engineSettings(found, env);
}

const token = { env: "TOKEN" };

describe("the engine's settings", () => {
	it("have the times after which others are asked", () => {
		expect(settings({}).reminding).toEqual({
			...{ fallbackAfterMs: 120_000, escalateAfterMs: null, escalateTo: ["owner"] },
		});
		const routing = { fallbackAfter: "30s", escalateAfter: "2h", escalateTo: ["ana", "admin"] };
		expect(settings({ routing }).reminding).toEqual({
			...{ fallbackAfterMs: 30_000, escalateAfterMs: 7_200_000, escalateTo: ["ana", "admin"] },
		});
	});

	it.each<[Partial<Config>, string]>([
		[{ routing: { escalateTo: ["eva"] } }, "routing.escalateTo: There is no eva among the people and roles."],
		[
			{ people: { ana: { identities: ["slack:U1"], reach: ["telegram"] } } },
			"people.ana.reach: No identity is on telegram.",
		],
	])("refuse to ask nobody: %j", (config, problem) => {
		expect(parsed(config)).toMatchObject({ refused: true, code: "config_invalid" });
		expect(parsed(config)).toHaveProperty("message", expect.stringContaining(problem));
	});

	it("know the conversations of every channel, by its name", () => {
		const delivery: Config["delivery"] = [
			{ kind: "console" },
			{ kind: "slack", name: "ops", token, appToken: token, channel: "C1", conversations: ["C2"] },
			{ kind: "telegram", token, chat: "-100" },
		];
		expect(settings({ delivery }).conversations).toEqual({
			console: { own: null, others: [] },
			ops: { own: "C1", others: ["C2"] },
			telegram: { own: "-100", others: [] },
		});
	});

	it("have the introduction with its link, as far as there is one", () => {
		const introduction = { text: "Hello", linkEnv: "BOARD" };
		expect(settings({}).introduction).toBeNull();
		expect(settings({ introduction: { text: "Hello" } }).introduction).toEqual({ text: "Hello", link: null });
		const link = (value: string | null) => ({ text: "Hello", link: { variable: "BOARD", value } });
		expect(settings({ introduction }, { BOARD: "https://example.org" }).introduction).toEqual(
			link("https://example.org"),
		);
		expect(settings({ introduction }).introduction).toEqual(link(null));
	});

	it("have the surfaces and hours of people", () => {
		const quiet = { from: "22:00", to: "07:00", zone: "Europe/Berlin" };
		const people: Config["people"] = { ana: { identities: ["slack:U1"], roles: ["owner"], reach: ["slack"], quiet } };
		expect(settings({ people }).authority.people).toEqual([
			{ name: "ana", identities: ["slack:U1"], roles: ["owner"], targets: [], reach: ["slack"], quiet },
		]);
	});
});
