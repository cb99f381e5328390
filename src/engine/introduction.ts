// The first message of an installation, at most once: its intent stands on disk before it is sent, so that a life that was killed in
// between never sends it again. And the reports of how far the installation came, until they are acknowledged.
import { limits } from "../core/limits.js";
import { ownPlace } from "../core/place.js";
import { backoffMs } from "../core/policy.js";
import type { Delivery } from "../ports.js";
import type { Engine } from "./context.js";
import { causeFrom } from "./effects.js";
import type { Milestone } from "./supervisor.js";

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

const markKey = "introduction";
const untouched: Progress = { state: "idle", receipt: null, reported: false };

export function createIntroduction(engine: Engine): Introduction {
	const { clock, gate, journal, log, scrub, milestones } = engine.ports;
	const stop = new AbortController();
	const over = new Promise<null>((resolve) => stop.signal.addEventListener("abort", () => resolve(null)));
	const open: Delivery[] = [];
	const working: Promise<void>[] = [];
	let firstOpened = () => {};
	const anyOpen = new Promise<void>((resolve) => {
		firstOpened = resolve;
	});

	/** A terminal is open before any chat is: it is greeted where nobody can be written to elsewhere. */
	function isForPeople({ can }: Delivery): boolean {
		return can.directMessage || !engine.ports.deliveries.some((one) => one.can.directMessage);
	}

	/** Until it works, or this life ends: then null. */
	async function insist<T>(event: string, work: (attempt: number) => Promise<T>): Promise<T | null> {
		for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
			try {
				return await Promise.race([work(attempt), over]);
			} catch (error) {
				log.warn(event, { cause: causeFrom(error, null, scrub) });
				const fullMs = backoffMs(limits.outboxBackoffMs, limits.outboxBackoffCapMs, attempt);
				await clock.sleep(fullMs * (0.5 + engine.ports.ids.fraction() / 2), stop.signal);
			}
		}
		return null;
	}

	const keep = (progress: Progress) =>
		insist("introduction.not_kept", async () => {
			await journal.keepMark(markKey, JSON.stringify(progress));
			return progress;
		});

	async function introduce(text: string): Promise<void> {
		const kept = await insist("introduction.unknown", async () => ({ mark: await journal.mark(markKey) }));
		if (kept === null) return;
		const before = kept.mark === null ? untouched : (JSON.parse(kept.mark) as Progress);
		if (before.state === "sending") return log.warn("introduction.unsure", { sentAgain: false });
		const sent = before.state === "sent" ? before : await send(text);
		if (sent === null || sent.reported) return;
		const done = await report("first_dm_sent", sent.receipt, () => milestones?.firstMessageSent(sent.receipt));
		if (done !== null) await keep({ ...sent, reported: true });
	}

	/** What a channel rejects did not go out: then the next one that is open is tried. */
	async function send(text: string): Promise<Progress | null> {
		await Promise.race([anyOpen, over]);
		const sent = await insist("introduction.not_sent", async (attempt) => {
			const delivery = open[attempt % open.length];
			if (delivery === undefined || (await keep({ ...untouched, state: "sending" })) === null) return over;
			try {
				return { receipt: await gate.around("mail.send", () => delivery.notice(text, ownPlace)) };
			} catch (error) {
				await keep(untouched);
				throw error;
			}
		});
		return sent === null ? null : keep({ ...untouched, state: "sent", receipt: sent.receipt });
	}

	/** In time, or again. */
	function report(
		milestone: Milestone,
		about: string | null,
		tell: () => Promise<void> | undefined,
	): Promise<boolean | null> {
		return insist(`milestone.${milestone}_failed`, async () => {
			const answered = new AbortController();
			const late = clock.sleep(limits.sendTimeoutMs, answered.signal).then(() => {
				if (!answered.signal.aborted) throw new Error(`No answer within ${limits.sendTimeoutMs} ms.`);
			});
			await Promise.race([tell(), late, over]).finally(() => answered.abort());
			if (stop.signal.aborted) return true;
			log.info(`milestone.${milestone}`, { about });
			engine.emit({ type: "milestone:reached", milestone, about });
			return true;
		});
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
			const { surface } = delivery;
			working.push(report("agent_ready", surface, () => milestones?.agentReady(surface)).then(() => {}));
		},
		async close() {
			stop.abort();
			await Promise.all(working);
		},
	};
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
