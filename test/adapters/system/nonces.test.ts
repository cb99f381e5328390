// Nonces fit a button, match only their own card, and survive a restart.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createNonces } from "../../../src/adapters/system/nonces.js";
import { temporaryFolder } from "../../support/temporary.js";

describe("nonces", () => {
	it("are 16 characters that fit a button and a URL, and differ by swap and epoch", async () => {
		const nonces = await createNonces({ file: `${await temporaryFolder()}/nonces.key` });
		const all = [
			nonces.of("sw_aaaaaa", 1),
			nonces.of("sw_aaaaaa", 2),
			nonces.of("sw_aaaaab", 1),
			nonces.of("sw_aaaaaa", 11),
		];
		expect(new Set(all).size).toBe(4);
		for (const nonce of all) expect(nonce).toMatch(/^[\w-]{16}$/);
	});

	it("match their own swap and epoch only", async () => {
		const nonces = await createNonces({ file: `${await temporaryFolder()}/nonces.key` });
		const nonce = nonces.of("sw_aaaaaa", 1);
		expect(nonces.matches("sw_aaaaaa", 1, nonce)).toBe(true);
		expect(nonces.matches("sw_aaaaaa", 2, nonce)).toBe(false);
		expect(nonces.matches("sw_aaaaab", 1, nonce)).toBe(false);
		for (const wrong of ["", nonce.slice(1), `${nonce}x`, nonce.toUpperCase(), "ä".repeat(16)]) {
			expect(nonces.matches("sw_aaaaaa", 1, wrong)).toBe(false);
		}
	});

	it("survive a restart, and differ between state folders", async () => {
		const [one, other] = [`${await temporaryFolder()}/nonces.key`, `${await temporaryFolder()}/nonces.key`];
		const before = (await createNonces({ file: one })).of("sw_aaaaaa", 1);
		expect((await createNonces({ file: one })).of("sw_aaaaaa", 1)).toBe(before);
		expect((await createNonces({ file: other })).of("sw_aaaaaa", 1)).not.toBe(before);
	});

	it("keep their key for the owner only", async () => {
		const file = `${await temporaryFolder()}/nonces.key`;
		await createNonces({ file });
		expect((await stat(file)).mode & 0o777).toBe(0o600);
		await chmod(file, 0o644);
		await createNonces({ file });
		expect((await stat(file)).mode & 0o777).toBe(0o600);
	});

	it("take a new key where the old one is damaged, never a part of it", async () => {
		const file = `${await temporaryFolder()}/nonces.key`;
		const before = (await createNonces({ file })).of("sw_aaaaaa", 1);
		await writeFile(file, (await readFile(file, "utf8")).slice(0, 20));
		expect((await createNonces({ file })).of("sw_aaaaaa", 1)).not.toBe(before);
		expect(await readFile(file, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
	});
});
