// The first message of an installation, at most once: its intent stands on disk before it is sent, so that a life that was killed in
// between never sends it again. What becomes of it is reported, as is every channel that connects.
import { limits } from "../../core/limits.js";
import { ownPlace } from "../../core/place.js";
import type { Delivery } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { createRetrying } from "../base/retrying.js";
import { reportMilestone } from "./milestones.js";

export interface Introduction {
	/** Goes on where an earlier life ended. */
	start(): void;
	/** A channel has really connected. */
	opened(delivery: Delivery): void;
	close(): Promise<void>;
}

/** `idle`: it surely did not go out. `sending`: it may have. */
interface Progress {
	readonly state: "idle" | "sending" | "sent";
	readonly receipt: string | null;
	readonly reported: boolean;
}

/** A failure that took so long was silence: the message may have gone out. */
const silenceMs = limits.sendTimeoutMs - 2_000;

const markKey = "introduction";
const untouched: Progress = { state: "idle", receipt: null, reported: false };

export function createIntroduction(engine: Engine): Introduction {
	const { clock, gate, journal, log, scrub } = engine.ports;
	const retrying = createRetrying(engine);
	const { retry, over } = retrying;
	const open: Delivery[] = [];
	const working: Promise<unknown>[] = [];
	let firstOpened = () => {};
	const anyOpen = new Promise<void>((resolve) => {
		firstOpened = resolve;
	});

	/** A terminal is open before any chat is: it is greeted where nobody can be written to elsewhere. */
	function isForPeople({ can }: Delivery): boolean {
		return can.directMessage || !engine.ports.deliveries.some((one) => one.can.directMessage);
	}

	const keep = (progress: Progress) =>
		retry("introduction.not_kept", async () => {
			await journal.keepMark(markKey, JSON.stringify(progress));
			return progress;
		});

	async function introduce(text: string): Promise<void> {
		const before = await retry("introduction.unknown", async () => progressFrom(await journal.mark(markKey)));
		if (before === null) return;
		if (before.state === "sending") return log.warn("introduction.unsure", { sentAgain: false });
		const sent = before.state === "sent" ? before : await send(text);
		if (sent === null || sent.reported) return;
		const reached = { milestone: "first_dm_sent", about: sent.receipt } as const;
		if (await reportMilestone(engine, retrying, reached)) await keep({ ...sent, reported: true });
	}

	/** What a channel rejects did not go out: then the next one that is open is tried. */
	async function send(text: string): Promise<Progress | null> {
		await Promise.race([anyOpen, over]);
		const sent = await retry("introduction.not_sent", async (attempt) => {
			const delivery = open[attempt % open.length];
			if (delivery === undefined || (await keep({ ...untouched, state: "sending" })) === null) return over;
			const begunMs = clock.now().bootMs;
			try {
				return { receipt: await gate.around("mail.send", () => delivery.notice(text, ownPlace)) };
			} catch (error) {
				if (clock.now().bootMs - begunMs >= silenceMs) return "unsure";
				await keep(untouched);
				throw error;
			}
		});
		if (sent === "unsure") log.warn("introduction.unsure", { sentAgain: false });
		return sent === null || sent === "unsure" ? null : keep({ ...untouched, state: "sent", receipt: sent.receipt });
	}

	return {
		start() {
			const { introduction } = engine.settings;
			if (introduction !== null) working.push(introduce(scrub(textOf(engine, introduction))));
		},
		opened(delivery) {
			if (isForPeople(delivery)) {
				open.push(delivery);
				firstOpened();
			}
			const reached = { milestone: "agent_ready", about: delivery.surface } as const;
			working.push(reportMilestone(engine, retrying, reached));
		},
		async close() {
			retrying.stop();
			await Promise.all(working);
		},
	};
}

/** What cannot be read was written by somebody: it may have gone out. */
function progressFrom(mark: string | null): Progress {
	if (mark === null) return untouched;
	try {
		const { state, receipt, reported } = JSON.parse(mark) as Progress;
		const isKnown = state === "idle" || state === "sent";
		return { state: isKnown ? state : "sending", receipt, reported };
	} catch {
		return { ...untouched, state: "sending" };
	}
}

type Configured = NonNullable<Engine["settings"]["introduction"]>;

function textOf({ ports }: Engine, { text, link }: Configured): string {
	if (link === null) return text;
	const url = linkFrom(link.value ?? "");
	if (url !== null) return `${text}\n${url}`;
	const why = link.value === null ? "unset" : "no http or https address";
	ports.log.warn("introduction.link_left_out", { variable: link.variable, why });
	return text;
}

/** An address that may be shown: without a user and a password in it. */
function linkFrom(value: string): string | null {
	if (!URL.canParse(value)) return null;
	const url = new URL(value);
	const isPlain = url.username === "" && url.password === "";
	return isPlain && (url.protocol === "http:" || url.protocol === "https:") ? url.href : null;
}
