// The channels in the configuration: what each needs, what contradicts itself, and that no secret is ever written there.
import { describe, expect, it } from "vitest";
import { parseConfig, type Settings } from "../../src/config/config.js";
import { isRefusal, type Refusal } from "../../src/core/refusals.js";

const token = { env: "TOKEN" };
const people = { ada: { identities: ["slack:U1", "telegram:1"], roles: ["owner"] } };
const http = { port: 8_080 };

function read(delivery: unknown, beside: object = { people }): Settings | Refusal {
	return parseConfig({ program: { command: "node server.js" }, delivery, ...beside }, "config.json");
}

const telegram = { kind: "telegram", token, chat: "-100" };
const slack = { kind: "slack", token, channel: "C1", appToken: { file: "secrets/app" } };
const discord = { kind: "discord", token, applicationId: "1", channel: "2" };
const teams = { kind: "teams", appId: "a", password: token, tenantId: "t", conversation: "19:x" };
const whatsapp = {
	...{ kind: "whatsapp", accessToken: token, phoneNumberId: "1", appSecret: token },
	...{ verifyToken: token, to: "4915" },
};
const webhook = { kind: "webhook", url: "https://example.org/hook", secret: token };

describe("is accepted", () => {
	it.each([
		["Telegram by long polling", [telegram]],
		["Slack by its socket", [slack]],
		["Discord by its gateway", [discord]],
		["a webhook", [webhook]],
		["a webhook on this machine", [{ ...webhook, url: "http://127.0.0.1:9/x" }]],
		["a command", [{ kind: "command", command: ["notify", "-"] }]],
		["the program's own channel", [{ kind: "app" }, { kind: "console" }]],
		["two of one kind under two names", [slack, { ...slack, name: "slack-ops", channel: "C2" }]],
		["another address of the platform", [{ ...telegram, apiUrl: "http://127.0.0.1:9000" }]],
		["conversations that requests may come from", [{ ...slack, conversations: ["C7", "C8"] }]],
	])("%s", (_, delivery) => expect(isRefusal(read(delivery))).toBe(false));

	it.each([
		["Teams", [teams]],
		["WhatsApp", [whatsapp]],
		["Telegram by webhook", [{ ...telegram, mode: "webhook", webhookSecret: token }]],
		["Slack by webhook", [{ ...slack, mode: "webhook", signingSecret: token }]],
		["Discord by interactions", [{ ...discord, mode: "interactions", publicKey: "a".repeat(64) }]],
	])("%s, with the door over TCP", (_, delivery) => {
		const found = read(delivery, { people, http });
		expect(isRefusal(found) ? found.message : null).toBeNull();
		const closed = read(delivery);
		expect(isRefusal(closed) ? closed.message : "").toContain("configure `http`");
	});
});

describe("is refused, and says what to do", () => {
	it.each([
		["a chat without people", [slack], {}, "name who may decide under `people`"],
		["two channels of the program", [{ kind: "app" }, { kind: "app", name: "app-2" }], {}, "one channel of its own"],
		["two channels of one name", [slack, slack], { people }, "Each channel has a name of its own"],
		["Slack's socket without its token", [{ ...slack, appToken: undefined }], { people }, "needs appToken"],
		["a signed webhook without its secret", [{ ...slack, mode: "webhook" }], { people, http }, "needs signingSecret"],
		["interactions without the key", [{ ...discord, mode: "interactions" }], { people, http }, "needs publicKey"],
		["Telegram's webhook without its secret", [{ ...telegram, mode: "webhook" }], { people, http }, "webhookSecret"],
		["a token that is written down", [{ ...telegram, token: "123:abc" }], { people }, "token"],
		["a secret in two places", [{ ...telegram, token: { env: "A", file: "b" } }], { people }, "one of env and file"],
		["a secret in no place", [{ ...telegram, token: {} }], { people }, "one of env and file"],
		["http to another machine", [{ ...webhook, url: "http://example.org" }], { people }, "https"],
		["a password in an address", [{ ...webhook, url: "https://a:b@example.org" }], { people }, "without a user"],
		["a file as an address", [{ ...telegram, apiUrl: "file:///etc" }], { people }, "https"],
		["an odd name", [{ ...slack, name: "Slack Ops" }], { people }, "small letters"],
		["a key that is not known", [{ ...slack, chanel: "x" }], { people }, "chanel"],
		["a kind that is not known", [{ kind: "irc" }], { people }, "delivery"],
	])("%s", (_, delivery, beside, words) => {
		const found = read(delivery, beside);
		expect(found).toMatchObject({ code: "config_invalid", kind: "usage" });
		expect(isRefusal(found) ? found.message : "").toContain(words);
	});

	it.each([
		["a time that is none", { quiet: { from: "24:00", to: "07:00" } }],
		["a zone that is none", { quiet: { from: "22:00", to: "07:00", zone: "Moon/Base" } }],
		["a surface that is none", { reach: ["pigeon"] }],
	])("of a person: %s", (_, change) => {
		const found = read([{ kind: "console" }], { people: { ada: { ...people.ada, ...change } } });
		expect(found).toMatchObject({ code: "config_invalid" });
	});
});

it("keeps a person's surfaces in their order, and the hours of the zone", () => {
	const quiet = { from: "22:00", to: "07:00", zone: "Europe/Berlin" };
	const found = read([slack], { people: { ada: { ...people.ada, reach: ["telegram", "slack"], quiet } } });
	if (isRefusal(found)) throw new Error(found.message);
	expect(found.people.ada).toMatchObject({ reach: ["telegram", "slack"], quiet });
});
