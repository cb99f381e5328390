// Requests of platforms on their way to a channel: which one they reach, and what is answered where the channel fails.
import { expect, it } from "vitest";
import type { Engine } from "../../../src/engine/base/context.js";
import { createReceiving } from "../../../src/engine/mail/receiving.js";
import type { Delivery, Received } from "../../../src/ports/ports.js";

const request: Received = { method: "POST", url: "/v1/delivery/desk", headers: {}, body: new Uint8Array() };
const told: unknown[][] = [];

function receivingOf(...channels: Pick<Delivery, "name" | "receive">[]) {
	told.length = 0;
	const log = { info: () => {}, warn: (...line: unknown[]) => told.push(line), error: () => {} };
	const ports = { deliveries: channels, log, scrub: (text: string) => text.replaceAll("hush", "[REDACTED]") };
	return createReceiving({ ports } as unknown as Engine);
}

it("reaches the channel of this name, and nothing where there is none or it takes no requests", async () => {
	const reply = { status: 200, headers: {}, body: "taken" };
	const seen: Received[] = [];
	const receiving = receivingOf(
		{ name: "console" },
		{
			name: "desk",
			async receive(one) {
				seen.push(one);
				return reply;
			},
		},
	);
	expect(await receiving.receive("desk", request)).toBe(reply);
	expect(await receiving.receive("console", request)).toBeNull();
	expect(await receiving.receive("constructor", request)).toBeNull();
	expect(seen).toEqual([request]);
});

it("asks to send again where the channel fails, and keeps its secrets", async () => {
	const receive = async () => Promise.reject(new Error("The secret hush is not there."));
	const answer = await receivingOf({ name: "desk", receive }).receive("desk", request);
	expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
	expect(answer?.forged).toBeUndefined();
	expect(JSON.stringify(answer) + JSON.stringify(told)).not.toContain("hush");
	expect(told).toMatchObject([["delivery.receive_failed", { channel: "desk" }]]);
});
