// What every maker of tokens promises: ids and secrets of one shape, never the same twice, and a hash that belongs to its secret alone.
import { describe, expect, it } from "vitest";
import type { Credentials } from "../../../src/ports/ports.js";

export function describeCredentialsContract(name: string, makeIt: () => Credentials): void {
	describe(`credentials: ${name}`, () => {
		it("have an id that may be shown, and a secret of their own shape", () => {
			const { id, secret, sha256 } = makeIt().make();
			expect(id).toMatch(/^tk_[a-z0-9]{6}$/);
			expect(secret).toMatch(/^dm_[\w-]{43}$/);
			expect(sha256).toMatch(/^[0-9a-f]{64}$/);
		});

		it("are never the same twice", () => {
			const credentials = makeIt();
			const made = Array.from({ length: 100 }, () => credentials.make());
			for (const part of ["id", "secret", "sha256"] as const) {
				expect(new Set(made.map((one) => one[part])).size).toBe(100);
			}
		});

		it("are known again by their hash alone", () => {
			const credentials = makeIt();
			const [one, other] = [credentials.make(), credentials.make()];
			expect(credentials.hash(one.secret)).toBe(one.sha256);
			expect(credentials.equal(one.sha256, credentials.hash(one.secret))).toBe(true);
			expect(credentials.equal(one.sha256, other.sha256)).toBe(false);
			expect(credentials.equal(one.sha256, "")).toBe(false);
		});
	});
}
