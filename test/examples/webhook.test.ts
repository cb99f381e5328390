// The receiver of the examples against the real sender: it believes what is signed, once, and nothing else.
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createReceiver, isGenuine } from "../../fixtures/examples/webhook.js";
import { createOutcomeWebhook } from "../../src/adapters/channels/outcomes/outcome-webhook.js";
import { signedHeaders } from "../../src/adapters/channels/webhook/webhook-signature.js";
import { createClock } from "../../src/adapters/system/clock.js";
import { outcomeReportOf } from "../../src/core/words/outcome-report.js";
import { swapIn } from "../core/journeys.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

async function receiving(onOutcome: (outcome: unknown) => void) {
	const server = createReceiver({ secret: "shared", onOutcome });
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closers.push(() => {
		server.closeAllConnections();
		return new Promise((resolve) => server.close(resolve));
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function tell(url: string, secret: string) {
	const report = outcomeReportOf(swapIn("rolled_back"));
	if (report === null) throw new Error("There is nothing to tell.");
	const channel = createOutcomeWebhook({ url, secret: async () => secret, clock: createClock() });
	const { signal } = new AbortController();
	return channel.tell({ report, delivery: "d1", isCurrent: async () => true, signal });
}

test("acts once on what is signed, however often it comes", async () => {
	const seen: unknown[] = [];
	const url = await receiving((outcome) => seen.push(outcome));
	await tell(url, "shared");
	await tell(url, "shared");
	expect(seen).toEqual([expect.objectContaining({ outcome: "rolled_back" })]);
});

test("answers 401 to another secret, and 500 where its own work fails, so that it comes again", async () => {
	const url = await receiving(() => {
		throw new Error("busy");
	});
	await expect(tell(url, "guessed")).rejects.toThrow("401");
	await expect(tell(url, "shared")).rejects.toThrow("500");
});

test("believes no old, cut or absent signature", () => {
	const rawBody = Buffer.from("{}");
	const now = String(Math.floor(Date.now() / 1_000));
	for (const signature of [undefined, "", "v1,", "v1,00", "v2,zz"]) {
		const headers = { "webhook-id": "d1", "webhook-timestamp": now, "webhook-signature": signature };
		expect(isGenuine({ headers, rawBody, secret: "shared" })).toBe(false);
	}
	const headers = signedHeaders({ id: "d1", atMs: Date.now() - 301_000, secret: "shared", body: "{}" });
	expect(isGenuine({ headers, rawBody, secret: "shared" })).toBe(false);
});
