// Canary secrets in every shape, harmless text that must stay, and input made to be slow.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	createLineScrub,
	createScrub,
	createScrubbing,
	isSecretName,
	redactKeys,
} from "../../../src/core/rules/redact.js";

const scrub = createScrub({ secrets: [] });
const CANARY = "canary/0123+secret";

describe("names that announce a secret", () => {
	it.each(
		"authToken auth_token api_key API-KEY apiKey apikey Authorization proxy-authorization password dbPassword PGPASSWORD client_secret AWS_SECRET_ACCESS_KEY SECRET_KEY_BASE accessToken refresh_token DEADMAN_TOKEN sessionCookie Set-Cookie privateKey ssh_key passphrase credentials DB_PASS mysql_pwd GITHUB_TOKEN_2 password_hash x-api-key jwt _auth bot_token".split(
			" ",
		),
	)("%s does", (name) => {
		expect(isSecretName(name)).toBe(true);
	});

	it.each(
		"tokenCount cookieDomain apiKeyName maxTokens tokens total_tokens publicKey key keys primaryKey passed pass PWD OLDPWD auth author secretary tokenizer credentialId credential_id keyboard monkey passengers bypass status".split(
			" ",
		),
	)("%s does not", (name) => {
		expect(isSecretName(name)).toBe(false);
	});
});

describe("known values", () => {
	const known = createScrub({ secrets: [CANARY, "short", "line one of it\nline two of it", 'with "quotes" in it'] });

	it.each([
		["plain", `connecting with ${CANARY}.`],
		["twice", `${CANARY}${CANARY}`],
		["in a URL", `http://host/?q=${encodeURIComponent(CANARY)}&x=1`],
		["in base64", `blob ${Buffer.from(CANARY).toString("base64")}`],
		["as JSON", JSON.stringify({ said: 'with "quotes" in it' })],
		["one line of several", "got: line two of it"],
	])("%s", (_, text) => {
		const clean = known(text);
		expect(clean).toContain("[redacted]");
		for (const part of [CANARY, "canary", "quotes", "line two"]) expect(clean).not.toContain(part);
	});

	it("leaves short values to the patterns, and all else alone", () => {
		expect(known("a short story")).toBe("a short story");
	});

	it("removes every known value from any text around it", () => {
		fc.assert(
			fc.property(fc.string(), fc.string(), fc.string({ minLength: 8 }), (before, after, secret) => {
				fc.pre(secret.trim().length >= 8 && !"[redacted]".includes(secret.trim()));
				const clean = createScrub({ secrets: [secret] })(before + secret + after);
				expect(clean).not.toContain(secret.trim());
			}),
		);
	});
});

describe("shapes", () => {
	const hidden: readonly (readonly [string, string])[] = [
		["bearer token", "sent Bearer canary.abc-123_x=="],
		["authorization header", "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ=="],
		["authorization header with parts", 'authorization: Digest username="canary", response="canary"'],
		["cookie header", "Set-Cookie: sid=canary123; Path=/; canary2=1"],
		["assignment", "token=canary-1"],
		["assignment in capitals", "AWS_SECRET_ACCESS_KEY=canary/abc+def"],
		["quoted assignment", 'password = "canary with spaces"'],
		["single quotes", "api_key: 'canary with spaces'"],
		["YAML", "client_secret: canary"],
		["JSON", '{"user":"u","authToken":"canary","n":1}'],
		["JSON with an escaped quote", '{"password":"cana\\"canary"}'],
		["JSON in a string", JSON.stringify({ body: JSON.stringify({ api_key: "canary" }) })],
		["JSON in a string in a string", JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ token: "canary" }) }) })],
		["query", "GET /x?access_token=canary&page=2"],
		["flag", "run --password canary --verbose"],
		["flag with a sign", "run --api-key=canary --verbose"],
		["argv", '["--token","canary"]'],
		["URL with a password", "postgres://app:canary@db/app"],
		["URL with an odd password", "postgres://app:can@canary@db/app"],
		["URL with a token", "https://canary0123456789abcdefgh@github.com/x"],
		["GitHub", "ghp_canary0123456789abcdefABCDEF012345"],
		["GitHub, fine-grained", "github_pat_canary0123456789_abcdefABCDEF"],
		["OpenAI", "sk-canary0123456789abcdef"],
		["OpenAI project", "key is sk-proj-canary0123456789-abc_def."],
		["deadman", `dm_canary${"0-_aZ".repeat(8)}`],
		["deadman in a word", `xdm_canary${"0-_aZ".repeat(8)}`],
		["Slack", "xoxb-canary-0123456789"],
		["Slack webhook", "https://hooks.slack.com/services/T000/B000/canary"],
		["AWS", "AKIACANARYCANARYCANA"],
		["Google", "AIzacanary0123456789abcdefghijklmnop"],
		["JWT", "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.canary-signature_0"],
		["Telegram", "bot 123456789:canaryAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
		["private key", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"],
		["private key in JSON", '{"k":"-----BEGIN RSA PRIVATE KEY-----\\ncanary\\n-----END RSA PRIVATE KEY-----\\n"}'],
		["private key without an end", "x\n-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\ncanary"],
		["private key without a beginning", "canary\ncanary\n-----END EC PRIVATE KEY-----\nx"],
	];

	it.each(hidden)("%s", (_, text) => {
		const clean = scrub(text);
		expect(clean.toLowerCase()).not.toContain("canary");
		expect(clean).toContain("[redacted]");
	});

	it.each(hidden)("%s: a second time changes nothing", (_, text) => {
		expect(scrub(scrub(text))).toBe(scrub(text));
	});

	it.each([
		"listening on http://127.0.0.1:3000/healthz",
		"dm_messages_table and tk_abc123 of builder:claude",
		"tokens: 512 of 4096 used, tokenCount=3",
		'{"token":null,"password":false}',
		"PWD=/home/user PATH=/usr/bin:/bin",
		"git@github.com:owner/name.git",
		"ssh://git@host/path",
		"disk-usage-of-the-whole-machine is 40%",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
		"12 passed, 0 failed; pass: 12",
		"Error: Cannot find module './a.js'\n    at file:///app/server.js:10:3",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	])("leaves %j", (text) => {
		expect(scrub(text)).toBe(text);
	});

	it("keeps JSON readable as JSON", () => {
		const clean = scrub(JSON.stringify({ a: 1, token: "canary", nested: { password: 'ca"nary', ok: [true] } }));
		expect(JSON.parse(clean)).toEqual({ a: 1, token: "[redacted]", nested: { password: "[redacted]", ok: [true] } });
	});

	it("says what stays around the secret", () => {
		expect(scrub("postgres://app:canary@db/app failed")).toBe("postgres://app:[redacted]@db/app failed");
		expect(scrub("run --token canary --fast")).toBe("run --token [redacted] --fast");
	});
});

describe("text line by line", () => {
	it("hides the lines of a private key, and only those", () => {
		const line = createLineScrub(scrub);
		const key = ["-----BEGIN PRIVATE KEY-----", "canaryAAAA", "canaryBBBB", "-----END PRIVATE KEY-----"];
		const clean = ["before", ...key, "after", "token=canary"].map(line);
		expect(clean.join("\n")).not.toContain("canary");
		expect([clean[0], clean[5]]).toEqual(["before", "after"]);
	});
});

describe("time", () => {
	const hostile: readonly (readonly [string, string])[] = [
		["one long word", "a".repeat(200_000)],
		["beginnings of keys", "-----BEGIN PRIVATE KEY-----".repeat(8_000)],
		["ends of keys", "-----END ".repeat(20_000)],
		["JWT starts", "eyJ".repeat(60_000)],
		["JWT parts", "eyJaaaaaaa.".repeat(20_000)],
		["schemes", "http://".repeat(30_000)],
		["users", `http://${"a:".repeat(100_000)}`],
		["spaces", `token${" ".repeat(200_000)}=`],
		["quotes", 'password="\\'.repeat(20_000)],
		["backslashes", `password=${"\\".repeat(200_000)}`],
		["names", "token=".repeat(30_000)],
		["flags", "--a ".repeat(50_000)],
		["colons", "1:".repeat(100_000)],
		["dots", "M.".repeat(100_000)],
		["dashes", "sk-".repeat(60_000)],
	];

	it.each(hostile)("stays linear for %s", (_, text) => {
		const begun = performance.now();
		scrub(text);
		expect(performance.now() - begun).toBeLessThan(1_000);
	});
});

describe("long text, in parts", () => {
	const scrubbing = createScrubbing({ secrets: [] });
	const line = "+\tconst value = readThing(path, { option: true });\n";
	const filler = line.repeat(6_000);

	function partsOf(text: string): number {
		const work = scrubbing(text);
		let parts = 1;
		while (work.next().done !== true) parts += 1;
		return parts;
	}

	it("lets others run again and again", () => expect(filler.length / partsOf(filler)).toBeLessThan(70_000));

	it.each(["password:\n  canary", "--token\ncanary", "sk-canaryAAAAAAAAAAAAAAAAAAAA", "Authorization: canary"])(
		"hides %j wherever a part ends",
		(secret) => {
			for (let shift = 0; shift < 80; shift += 1) {
				const text = `${"x".repeat(shift)}\n${filler.slice(0, 65_536 - 40 - shift)}\n${secret}\n${filler}`;
				const clean = scrub(text);
				expect(clean).not.toContain("canary");
				expect(clean.endsWith(filler)).toBe(true);
			}
		},
	);

	it("is the same where two go on side by side", () => {
		const text = `${filler}password=canary\n${filler}`;
		const [one, other] = [scrubbing(text), scrubbing(`--token canary\n${filler}`)];
		let [mine, theirs] = [one.next(), other.next()];
		while (mine.done !== true || theirs.done !== true) {
			if (mine.done !== true) mine = one.next();
			if (theirs.done !== true) theirs = other.next();
		}
		expect(mine.value).toBe(`${filler}password=[redacted]\n${filler}`);
		expect(theirs.value).toBe(`--token [redacted]\n${filler}`);
	});
});

describe("objects", () => {
	it("loses the values of secret-shaped keys at any depth, and keeps the rest", () => {
		const input = {
			authToken: "canary",
			api_key: "canary",
			Authorization: "canary",
			tokenCount: 3,
			cookieDomain: "example.org",
			apiKeyName: "main",
			list: [{ deep: { password: ["canary"], ok: null } }],
			credentials: { user: "canary" },
			secret: null,
		};
		expect(redactKeys(input, 10)).toEqual({
			authToken: "[redacted]",
			api_key: "[redacted]",
			Authorization: "[redacted]",
			tokenCount: 3,
			cookieDomain: "example.org",
			apiKeyName: "main",
			list: [{ deep: { password: "[redacted]", ok: null } }],
			credentials: "[redacted]",
			secret: null,
		});
	});

	it("knows pairs of name and value", () => {
		const headers = [
			{ name: "Authorization", value: "canary" },
			{ name: "Accept", value: "text/html" },
		];
		expect(redactKeys(headers, 10)).toEqual([
			{ name: "Authorization", value: "[redacted]" },
			{ name: "Accept", value: "text/html" },
		]);
	});

	it("stops at the cap, so that a circle ends", () => {
		const circle: Record<string, unknown> = { name: "a" };
		circle.self = circle;
		expect(JSON.stringify(redactKeys(circle, 3))).toBe(
			'{"name":"a","self":{"name":"a","self":{"name":"a","self":"[too deep]"}}}',
		);
		expect(redactKeys({ a: { token: "canary" } }, 1)).toEqual({ a: "[too deep]" });
	});

	it("changes nothing in what it was given, and makes no prototype of a key", () => {
		const input = JSON.parse('{"token":"canary","__proto__":{"polluted":true}}');
		const clean = redactKeys(input, 5) as Record<string, unknown>;
		expect(input.token).toBe("canary");
		expect(Object.keys(clean)).toEqual(["token", "__proto__"]);
		expect((clean as { polluted?: boolean }).polluted).toBeUndefined();
	});

	it("shows an error's name and message", () => {
		expect(redactKeys({ error: new TypeError("it broke") }, 5)).toEqual({
			error: { name: "TypeError", message: "it broke" },
		});
	});
});
