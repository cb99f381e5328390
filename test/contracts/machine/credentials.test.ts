// Holds both makers of tokens to their contract, and the real one to what scrubbing knows.
import { expect, it } from "vitest";
import { createCredentials } from "../../../src/adapters/system/credentials.js";
import { createScrub } from "../../../src/core/rules/redact.js";
import { createMemoryCredentials } from "../../support/memory/credentials.js";
import { describeCredentialsContract } from "./credentials.contract.js";

describeCredentialsContract("in memory", createMemoryCredentials);
describeCredentialsContract("of node", createCredentials);

it("hashes as SHA-256 does", () => {
	const known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	expect(createCredentials().hash("abc")).toBe(known);
});

it("makes secrets that are taken out of any text", () => {
	const scrub = createScrub({ secrets: [] });
	for (let nth = 0; nth < 200; nth += 1) {
		const { secret } = createCredentials().make();
		for (const text of [
			secret,
			`x${secret}`,
			`%22${secret}%22`,
			`{"s":"${secret}"}`,
			`-${secret}-`,
			`Bearer ${secret}`,
		]) {
			expect(scrub(text)).not.toContain(secret.slice(0, 20));
		}
	}
});
