// The page's routes: GET only shows, POST decides, and only for who knows the key and comes from the page itself. Keeps no state.
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { Click, Log, Nonces } from "../../../ports/ports.js";
import { pageOf, securityHeaders, verdicts } from "./page-html.js";
import type { PageStore } from "./page-store.js";

export interface PageAppOptions {
	readonly store: PageStore;
	readonly nonces: Nonces;
	readonly log: Log;
	/** The port that is served; checked against Host and Origin. */
	readonly port: () => number;
	readonly click: (click: Click) => Promise<string>;
}

const formBytes = 16 * 1024;

export function createPageApp({ store, nonces, log, port, click }: PageAppOptions): Hono {
	const app = new Hono();
	const show = (c: Context, sentence: string | null, status: 200 | 400 | 403 | 500 = 200) =>
		c.html(pageOf({ cards: store.cards(), notices: store.notices(), nonces, sentence }), status);

	app.use(async (c, next) => {
		await next();
		for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
	});
	app.use(async (c, next) => (isOwnHost(c.req.header("host"), port()) ? next() : c.text("Wrong host.\n", 421)));
	app.use("/:key/*", async (c, next) => (isSame(c.req.param("key"), store.key) ? next() : c.notFound()));
	app.notFound((c) => c.text("Not found.\n", 404));
	app.onError((error, c) => {
		log.error("page.request_failed", { error: String(error.stack) });
		return show(c, "It could not be recorded. `deadman status` on the command line tells where the swap stands.", 500);
	});
	app.get("/:key/", (c) => show(c, null));
	app.post(
		"/:key/decide",
		bodyLimit({ maxSize: formBytes, onError: (c) => c.text("Too large.\n", 413) }),
		async (c) => {
			if (!isOwnOrigin(c.req.header("origin"), port())) return c.text("Clicks come from the page itself.\n", 403);
			const read = clickOf(await c.req.parseBody(), nonces);
			if (isRefusal(read)) return show(c, `${read.message} ${read.next}`, read.kind === "usage" ? 400 : 403);
			return show(c, await click(read));
		},
	);
	return app;
}

/** An unknown verdict is refused: nothing is ever decided by default. */
function clickOf(form: Readonly<Record<string, unknown>>, nonces: Nonces): Click | Refusal {
	const { swapId, epoch, nonce, verdict, typed } = form;
	if (typeof verdict !== "string" || !verdicts.has(verdict)) {
		return refuse("input_invalid", { problems: `verdict: it is none of ${[...verdicts].join(", ")}` });
	}
	if (typeof swapId !== "string" || typeof nonce !== "string" || !/^\d{1,9}$/.test(String(epoch))) {
		return refuse("input_invalid", { problems: "swapId, epoch and nonce are those of the button" });
	}
	if (!nonces.matches(swapId, Number(epoch), nonce)) return refuse("click_invalid", { id: swapId });
	const phrase = typeof typed === "string" && typed.trim() !== "" ? typed.trim() : null;
	const said = { verdict: verdict as Click["verdict"], typed: phrase };
	return { swapId, epoch: Number(epoch), nonce, ...said, actorId: "local" };
}

/** Names that lead here by DNS rebinding are not ours. */
function isOwnHost(host: string | undefined, port: number): boolean {
	return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

function isOwnOrigin(origin: string | undefined, port: number): boolean {
	return origin === `http://127.0.0.1:${port}` || origin === `http://localhost:${port}`;
}

/** In constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
	const digest = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(given), digest(expected));
}
