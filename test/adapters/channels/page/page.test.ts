// The page over real HTTP: who may see it, who may click, what a click brings, and what outlives a restart.

import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPage } from "../../../../src/adapters/channels/page/page.js";
import { createFiles } from "../../../../src/adapters/system/files.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Click, Delivery, Inbox, Nonces } from "../../../../src/ports/ports.js";
import { aCard, approval, promotion } from "../../../contracts/mail/delivery.contract.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../support/temporary.js";

const nonces: Nonces = {
	of: (swapId, epoch) => `nonce-${swapId}-${epoch}`,
	matches: (swapId, epoch, nonce) => nonce === `nonce-${swapId}-${epoch}`,
};

let stateDir: string;
let page: Delivery;
let clicks: Click[];
let events: string[];
let answer: (click: Click) => Promise<string>;

const make = (port = 0): Delivery => {
	const note = (event: string) => void events.push(event);
	const log = { info: note, warn: note, error: note };
	return createPage({ port, stateDir, nonces, files: createFiles(), log });
};
const inbox: Inbox = {
	click: async (it) => {
		clicks.push(it);
		return { sentence: await answer(it), card: null };
	},
	say: async () => null,
	refused: () => {},
};

beforeEach(async () => {
	stateDir = await makeTemporaryFolder();
	[clicks, events] = [[], []];
	answer = async ({ verdict }) => `You said ${verdict}.`;
	page = make();
	await page.start(inbox);
	await page.send(aCard(), ownPlace);
});
afterEach(async () => {
	await page.stop();
	await removeTemporaryFolder(stateDir);
});

const url = () => new URL(page.address() ?? "");

interface Answer {
	readonly status: number;
	readonly text: string;
	readonly headers: Readonly<Record<string, unknown>>;
}

/** By hand, because fetch sets Host and Origin itself. */
function http(
	path: string,
	more: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
	const { method = "GET", headers, body } = more;
	const { port } = url();
	return new Promise((resolve, reject) => {
		const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, async (response) => {
			let text = "";
			for await (const piece of response.setEncoding("utf8")) text += piece;
			resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
		});
		sent.on("error", reject);
		sent.end(body);
	});
}

const form = (change: Record<string, string | undefined> = {}): string => {
	const fields = { swapId: "sw_aaaaaa", epoch: "1", nonce: "nonce-sw_aaaaaa-1", verdict: "confirm", ...change };
	return new URLSearchParams(JSON.parse(JSON.stringify(fields))).toString();
};

function post(body = form(), headers: Record<string, string> = {}): Promise<Answer> {
	const type = "application/x-www-form-urlencoded";
	const all = { origin: url().origin, "content-type": type, ...headers };
	return http(`${url().pathname}decide`, { method: "POST", headers: all, body });
}

describe("looking", () => {
	it("shows the card, its expiry as stored, and its buttons with the nonce", async () => {
		const { status, text } = await http(url().pathname);
		expect(status).toBe(200);
		expect(text).toContain("Greets louder");
		expect(text).toContain('datetime="2026-11-21T12:02:00.000Z"');
		expect(text).toContain('name="nonce" value="nonce-sw_aaaaaa-1"');
		expect(text.match(/<button name="verdict" value="\w+">/g)).toHaveLength(3);
	});

	it("says what is left where it is told, and what the button adds", async () => {
		await page.edit("sw_aaaaaa:1:card", aCard({ leftMs: 90_000 }), ownPlace);
		const { text } = await http(url().pathname);
		expect(text).toMatch(/Rolls back by itself in 1 min 30 s, at <time datetime="2026-11-21T12:02:00.000Z">/);
		expect(text).toContain('<button name="verdict" value="extend">+2 min</button>');
	});

	it("asks for the phrase beside Approve, and then does not load itself again", async () => {
		const reload = 'http-equiv="refresh"';
		expect((await http(url().pathname)).text).toContain(reload);
		await page.send(aCard({ ...approval, phrase: null }), ownPlace);
		const plain = (await http(url().pathname)).text;
		expect(plain).toContain(reload);
		expect(plain).not.toContain('name="typed"');
		await page.edit("", aCard(approval), ownPlace);
		const { text } = await http(url().pathname);
		expect(text).not.toContain(reload);
		expect(text).toMatch(/type <b>host sw_aaaaaa<\/b>\s*<input name="typed"/);
		expect(text).toContain('<button name="verdict" value="approve">Approve</button>');
		expect(text).toContain('<button name="verdict" value="reject">Reject</button>');
		expect(text).toContain("Rejected by itself at");
	});

	it("offers the template", async () => {
		await page.send(aCard(promotion), ownPlace);
		const { text } = await http(url().pathname);
		expect(text).toContain('<button name="verdict" value="promote">Apply to template</button>');
		expect(text).toContain('<button name="verdict" value="keep">Keep local</button>');
		expect(text.match(/<article/g)).toHaveLength(2);
	});

	it("shows what was told in its order, a diff with its indentation", async () => {
		await page.notice("sw_aaaaaa: diff, 1 of 2\n+\tif (<b>)\r\n+\t\tx\u202e", ownPlace);
		await page.notice("sw_aaaaaa: diff, 2 of 2", ownPlace);
		const { text } = await http(url().pathname);
		expect(text).toContain("<pre>sw_aaaaaa: diff, 1 of 2\n+\tif (&lt;b&gt;)\n+\t\tx\\u{202e}</pre>");
		expect(text.indexOf("1 of 2")).toBeLessThan(text.indexOf("2 of 2"));
	});

	it("never decides", async () => {
		await http(`${url().pathname}?${form()}`);
		expect((await http(`${url().pathname}decide?${form()}`)).status).toBe(404);
		expect((await http(`${url().pathname}decide`, { method: "HEAD" })).status).toBe(404);
		expect(clicks).toEqual([]);
	});

	it("escapes every text, and allows no script, frame or foreign form", async () => {
		const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
		await page.send(aCard({ swapId: hostile, title: hostile, lines: [hostile] }), ownPlace);
		await page.notice(hostile, ownPlace);
		answer = async () => hostile;
		for (const { text, headers } of [await http(url().pathname), await post()]) {
			expect(text).not.toMatch(/<script|<img/);
			expect(headers["content-security-policy"]).toMatch(
				/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; /,
			);
			expect(headers).toMatchObject({ "x-frame-options": "DENY", "cache-control": "no-store" });
			expect(headers["access-control-allow-origin"]).toBeUndefined();
		}
	});

	it("has the style that its policy allows", async () => {
		const { createHash } = await import("node:crypto");
		const { text, headers } = await http(url().pathname);
		const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? "";
		const hash = createHash("sha256").update(style).digest("base64");
		expect(headers["content-security-policy"]).toContain(`'sha256-${hash}'`);
	});

	it("is for who knows the key, by the names of this machine", async () => {
		const [, key = ""] = url().pathname.split("/");
		for (const path of ["/", `/${key.slice(1)}/`, `/${key}x/`, "/favicon.ico", `/${"x".repeat(43)}/`]) {
			expect((await http(path)).status).toBe(404);
		}
		expect((await http(url().pathname, { headers: { host: `localhost:${url().port}` } })).status).toBe(200);
		for (const host of ["evil.example", `evil.example:${url().port}`, "127.0.0.1", "127.0.0.1:1"]) {
			expect((await http(url().pathname, { headers: { host } })).status).toBe(421);
		}
	});

	it("is bound to loopback only", () => expect(url().hostname).toBe("127.0.0.1"));

	it("keeps its key to its owner", async () => {
		const path = join(stateDir, "page", "key");
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(url().pathname).toBe(`/${(await readFile(path, "utf8")).trim()}/`);
		expect((await stat(join(stateDir, "page"))).mode & 0o777).toBe(0o700);
	});
});

describe("clicking", () => {
	it.each(["confirm", "rollback", "extend", "approve", "reject", "promote", "keep"])(
		"%s reaches the supervisor, and its sentence the page",
		async (verdict) => {
			const { status, text } = await post(form({ verdict }));
			expect([status, text]).toEqual([200, expect.stringContaining(`You said ${verdict}.`)]);
			expect(clicks).toEqual([
				{ swapId: "sw_aaaaaa", epoch: 1, nonce: "nonce-sw_aaaaaa-1", verdict, typed: null, actorId: "local" },
			]);
		},
	);

	it.each([
		["host sw_aaaaaa", "host sw_aaaaaa"],
		["  host sw_aaaaaa ", "host sw_aaaaaa"],
		["", null],
		["   ", null],
		[undefined, null],
	])("passes on what was typed: %j", async (typed, expected) => {
		await post(form({ verdict: "approve", typed }));
		expect(clicks).toMatchObject([{ verdict: "approve", typed: expected }]);
	});

	it("on an old card answers with what happened", async () => {
		const old = form();
		await page.edit("sw_aaaaaa:1:card", aCard({ buttons: [], decided: true, title: "Rolled back." }), ownPlace);
		answer = async () => "sw_aaaaaa is decided already. It was rolled back.";
		expect((await post(old)).text).toContain("It was rolled back.");
	});

	it.each([
		[403, { nonce: "nonce-sw_bbbbbb-1" }],
		[403, { epoch: "2" }],
		[403, { swapId: "sw_bbbbbb" }],
		[400, { verdict: "insist" }],
		[400, { verdict: "toString" }],
		[400, { verdict: "" }],
		[400, { verdict: undefined }],
		[400, { epoch: "one" }],
		[400, { epoch: undefined }],
		[400, { nonce: undefined }],
		[400, { swapId: undefined }],
	])("%i for a form with %j, and nothing is decided", async (status, change) => {
		expect((await post(form(change))).status).toBe(status);
		expect(clicks).toEqual([]);
	});

	it.each([
		["another site", { origin: "http://evil.example" }],
		["a hidden origin", { origin: "null" }],
		["another port", { origin: "http://127.0.0.1:1" }],
		["https", { origin: "https://127.0.0.1" }],
	])("from %s is refused", async (_, headers) => {
		expect((await post(form(), headers)).status).toBe(403);
		expect(clicks).toEqual([]);
	});

	it("without an origin, with a wrong key or a wrong host is refused", async () => {
		const headers = { "content-type": "application/x-www-form-urlencoded" };
		const body = form();
		expect((await http(`${url().pathname}decide`, { method: "POST", headers, body })).status).toBe(403);
		const own = { ...headers, origin: url().origin };
		expect((await http("/wrong/decide", { method: "POST", headers: own, body })).status).toBe(404);
		expect((await post(body, { host: "evil.example" })).status).toBe(421);
		expect(clicks).toEqual([]);
	});

	it("with a form over the limit is refused", async () => {
		expect((await post(form({ verdict: "x".repeat(20_000) }))).status).toBe(413);
		expect(clicks).toEqual([]);
	});

	it("that cannot be recorded says so", async () => {
		answer = async () => Promise.reject(new Error("disk"));
		const { status, text } = await post();
		expect([status, text]).toEqual([500, expect.stringContaining("could not be recorded")]);
		expect(events).toContain("page.request_failed");
	});
});

it("keeps what somebody is asked to read as long as they are asked", async () => {
	await page.notice("the first piece", ownPlace);
	await page.send(aCard(approval), ownPlace);
	for (let number = 0; number < 120; number += 1) await page.notice(`notice ${number}`, ownPlace);
	expect((await http(url().pathname)).text).toContain("the first piece");
	await page.send(aCard({ ...approval, buttons: [], decided: true }), ownPlace);
	await page.notice("another", ownPlace);
	expect((await http(url().pathname)).text).not.toContain("the first piece");
});

describe("a restart", () => {
	async function reborn(port?: number): Promise<void> {
		await page.stop();
		page = make(port);
		await page.start(inbox);
	}

	it("keeps the address, the cards and the notices, so that an old button works", async () => {
		await page.notice("sw_zzzzzz was rejected.", ownPlace);
		const [before, button] = [page.address(), form()];
		await reborn();
		expect(page.address()).toBe(before);
		const { text } = await http(url().pathname);
		expect(text).toContain("Greets louder");
		expect(text).toContain("sw_zzzzzz was rejected.");
		expect((await post(button)).text).toContain("You said confirm.");
	});

	it("edits in place by the old receipt", async () => {
		await page.send(aCard({ swapId: "sw_bbbbbb", lines: ["Second"] }), ownPlace);
		await reborn();
		await page.edit("sw_aaaaaa:1:card", aCard({ title: "Rolled back.", buttons: [], decided: true }), ownPlace);
		const { text } = await http(url().pathname);
		expect(text.match(/<article/g)).toHaveLength(2);
		expect(text.indexOf("Second")).toBeLessThan(text.indexOf("Rolled back."));
	});

	it("keeps the cards of one swap apart, and takes those of an earlier version", async () => {
		for (const change of [approval, promotion]) await page.send(aCard(change), ownPlace);
		const path = join(stateDir, "page", "cards.json");
		const shown = JSON.parse(await readFile(path, "utf8"));
		expect(shown.cards).toHaveLength(3);
		const old = shown.cards.map(({ kind: _, phrase: __, ...card }: Record<string, unknown>) => card).slice(-1);
		await writeFile(path, JSON.stringify({ ...shown, cards: old }));
		await reborn();
		await page.edit("sw_aaaaaa:1", aCard({ title: "Rolled back.", buttons: [], decided: true }), ownPlace);
		const { text } = await http(url().pathname);
		expect(text.match(/<article/g)).toHaveLength(1);
		expect(text).toContain("Rolled back.");
	});

	it("moves where somebody took the port meanwhile", async () => {
		const taken = Number(url().port);
		await page.stop();
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(taken, "127.0.0.1", resolve));
		page = make();
		await page.start(inbox);
		expect((other.address() as AddressInfo).port).not.toBe(Number(url().port));
		expect(events).toContain("page.port_taken");
		await new Promise((resolve) => other.close(resolve));
	});

	it("starts with an empty page where its file is damaged", async () => {
		for (const damage of ["{", '{"schemaVersion":2}', '{"schemaVersion":1,"cards":[{}],"notices":[]}', "null"]) {
			await writeFile(join(stateDir, "page", "cards.json"), damage);
			await reborn();
			expect((await http(url().pathname)).text).toContain("No swap has asked");
		}
		expect(events).toContain("page.cards_unreadable");
	});
});

it("rejects what it cannot show: before the start, after the end, and on a taken port", async () => {
	await expect(make().send(aCard(), ownPlace)).rejects.toThrow("not up");
	await expect(make(Number(url().port)).start(inbox)).rejects.toThrow("EADDRINUSE");
	await page.stop();
	await expect(page.notice("too late", ownPlace)).rejects.toThrow("not up");
	expect(page.address()).toBeNull();
});

it("keeps the newest cards only", async () => {
	for (let n = 0; n < 60; n += 1) await page.send(aCard({ swapId: `sw_${n}` }), ownPlace);
	const { text } = await http(url().pathname);
	expect(text.match(/<article/g)).toHaveLength(50);
	expect(text).toContain('value="sw_59"');
});
