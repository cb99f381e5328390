// A channel that runs the operator's program for each card and notice, with it as JSON on its stdin. It has no buttons: the card names what to
// type. The program inherits nothing but what finds programs.
import type { CreateChannel } from "../../../channel-kind.js";
import { limits } from "../../../core/limits.js";
import { printableBlock, printableLine } from "../../../core/rules/printable.js";
import type { Card } from "../../../core/words/card.js";
import { type CommandResult, type Commands, type Delivery, DeliveryFailed, type Place } from "../../../ports/ports.js";
import { createDeliveryIds } from "../delivery-ids.js";
import { commandsOf, textOf } from "../typed.js";
import { cardCharacters, cardMessage, type Message, noticeMessage } from "../webhook/webhook-payload.js";
import { receiptIn } from "../webhook/webhook-post.js";
import type { Settings } from "./command-kind.js";

export const create: CreateChannel<Settings> = (settings, { name, root, commands }) =>
	createCommandChannel({ name, command: settings.command, root, commands, env: process.env });

export interface CommandChannelOptions {
	readonly name: string;
	/** A string is run by the shell, an array as it is. */
	readonly command: string | readonly string[];
	/** Where it runs: the operator's repository. */
	readonly root: string;
	readonly commands: Commands;
	/** Of the supervisor: PATH, HOME, LANG, TZ and USER are passed on. */
	readonly env: Readonly<Record<string, string | undefined>>;
}

const passed = ["PATH", "HOME", "LANG", "TZ", "USER"] as const;
const codes = ["rate_limited", "unreachable", "refused", "revoked", "gone"] as const;
const anyCode = Array.from({ length: 256 }, (_, code) => code);

/**
 * Its stdin is a Payload as createWebhookChannel posts it, without buttons and with `commands` (what to type) and `message` (the whole as
 * plain text). Exit code 0 within `limits.sendTimeoutMs` means sent. The last line that it writes on stdout may be `{"receipt": "..."}`:
 * later states of the card come with it as `receipt`; without one, with its `delivery`. Where it fails, that line may be
 * `{"failed": "rate_limited" | "unreachable" | "refused" | "revoked" | "gone", "retryAfterMs": 5000}`; otherwise it counts as unreachable,
 * and is tried again. DEADMAN_DELIVERY is the same for every try of one message.
 */
export function createCommandChannel(options: CommandChannelOptions): Delivery {
	const { name, command } = options;
	const ids = createDeliveryIds(name, Date.now);
	let stop = new AbortController();

	async function run(message: Message, beside: { readonly commands: readonly string[]; readonly message: string }) {
		const { id, taken } = ids.of(message);
		const input = JSON.stringify({ schemaVersion: 1, delivery: id, ...message, ...beside });
		// One of its own for each run: many at once listen.
		const result = await runProgram(options, { id, input, signal: AbortSignal.any([stop.signal]) });
		const last = result.stdout.toString("utf8").trim().split("\n").at(-1) ?? "";
		if (result.code !== 0) throw failureIn(name, result.code, last);
		taken();
		return { id, receipt: receiptIn(last) };
	}

	function show(card: Card, to: Place, receipt: string | null) {
		const typed = commandsOf(card);
		const message = cardMessage(card, { to, receipt, nonces: null });
		return run(message, { commands: typed, message: textOf(message.card ?? card, typed) });
	}

	return {
		name,
		surface: "cli",
		limits: { message: 16_000, pieces: 32 },
		can: {
			edit: true,
			buttons: false,
			directMessage: true,
			thread: true,
			lookup: false,
			cardCharacters,
			refreshMs: null,
		},
		start: async () => {},
		async send(card, to) {
			const { id, receipt } = await show(card, to, null);
			return receipt ?? id;
		},
		edit: async (earlier, card, to) => (await show(card, to, earlier)).receipt ?? earlier,
		notice: async (text, to) =>
			(await run(noticeMessage(text, to), { commands: [], message: printableBlock(text) })).receipt,
		async stop() {
			stop.abort();
			stop = new AbortController();
		},
		address: () => `the command ${shownName(command)}`,
	};
}

interface Run {
	readonly id: string;
	readonly input: string;
	readonly signal: AbortSignal;
}

async function runProgram(
	{ name, command, root, commands, env }: CommandChannelOptions,
	{ id, input, signal }: Run,
): Promise<CommandResult> {
	const inherited = passed.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]]));
	return commands
		.run({
			command,
			cwd: root,
			env: { ...Object.fromEntries(inherited), DEADMAN_DELIVERY: id },
			input,
			timeoutMs: limits.sendTimeoutMs,
			maxOutputBytes: limits.commandOutputBytes,
			accept: anyCode,
			signal,
		})
		.catch((error: Error) => {
			throw new DeliveryFailed({ code: "unreachable", message: `${name}: ${printableLine(error.message)}` });
		});
}

function failureIn(name: string, exitCode: number, line: string): DeliveryFailed {
	const { failed, retryAfterMs } = objectIn(line);
	const code = codes.find((known) => known === failed) ?? "unreachable";
	const afterMs = typeof retryAfterMs === "number" && retryAfterMs >= 0 ? retryAfterMs : null;
	return new DeliveryFailed({ code, message: `${name}: its program ended with ${exitCode}.`, retryAfterMs: afterMs });
}

function objectIn(line: string): { readonly failed?: unknown; readonly retryAfterMs?: unknown } {
	try {
		return Object(JSON.parse(line)) as object;
	} catch {
		return {};
	}
}

/** Its arguments may be secrets. */
function shownName(command: string | readonly string[]): string {
	const program = typeof command === "string" ? command.trim().split(/\s+/)[0] : command[0];
	return printableLine(program ?? "");
}
