// What one chat platform adds to a channel: how its SDK adapter is made, what it can do, how a card and a text look on it, and what its
// errors mean. Everything else is the same for all platforms and stands in channel.ts.
import type { Adapter, AdapterPostableMessage } from "chat";
import type { SecretSource } from "../../../config/channels.js";
import type { Surface } from "../../../core/actor.js";
import type { Card } from "../../../core/words/card.js";
import type { ReviewLimits } from "../../../core/words/review.js";
import type { Capabilities, DeliveryFailed, Inbox, Log, Place, Received, Reply } from "../../../ports/ports.js";

/** What a platform is made of. */
export interface PlatformOptions<Settings> {
	readonly channel: Settings;
	/** Reads a secret where it stands now; rejects with a sentence where it is absent or empty. */
	readonly secret: (source: SecretSource) => Promise<string>;
}

/** What a channel gives to its platform. */
export interface PlatformParts {
	/** Of the channel, as configured. */
	readonly name: string;
	readonly log: Log;
	/** Aborted when the channel stops. */
	readonly signal: AbortSignal;
	/** For what comes in, or cannot come in any more, where no request is answered: shown in `status`. */
	readonly refused?: Inbox["refused"];
}

export interface Platform {
	readonly surface: Surface;
	readonly can: Capabilities;
	readonly limits: ReviewLimits;
	/** The name under which the SDK knows the adapter: `chat.webhooks[key]`. */
	readonly key: string;
	/** Loads the package, not before, reads the secrets and makes the adapter, with every option given: nothing is read from the environment. Rejects with DeliveryFailed. */
	open(parts: PlatformParts): Promise<Adapter>;
	/** After `initialize`: what listens beside it, such as a gateway. Rejects while it cannot. */
	listen?(adapter: Adapter, parts: PlatformParts): Promise<void>;
	/** The SDK's id of the thread in which a message for this place goes. Opens direct messages. */
	threadOf(adapter: Adapter, to: Place): Promise<string>;
	/** The place of an SDK thread id, as far as it tells; null: a conversation that is none of this channel's. */
	placeOf(adapter: Adapter, threadId: string): Place | null;
	/** The card as this platform shows it; all its text escaped, within its limits, buttons with `valueOf(card)`. */
	messageOf(card: Card, value: string): AdapterPostableMessage;
	textOf(text: string): AdapterPostableMessage;
	/** For platforms whose edit is not `adapter.editMessage`; answers with the receipt of what shows it now. */
	edit?(adapter: Adapter, request: EditRequest): Promise<string>;
	/** With `can.lookup`: the id of the newest message of ours in this thread whose buttons carry this value. */
	find?(adapter: Adapter, threadId: string, value: string): Promise<string | null>;
	/** Shows the sentence to the person who clicked, without a spinner left behind; default: an ephemeral message, else a direct one. */
	answer?(adapter: Adapter, answered: Answered): Promise<void>;
	/** The platform's id of the event that was a click; null where it has none. */
	eventIdOf?(raw: unknown): string | null;
	/** What an error of the SDK's adapter or of the platform means; null: the general rules of failure.ts. */
	failureOf?(error: unknown): DeliveryFailed | null;
	/** In webhook modes, before the SDK sees the request; null: go on. */
	before?(request: Received, inbox: Inbox): Promise<Reply | null>;
	/** Whether the platform posts to us in this mode; otherwise no request reaches the SDK. Left out: where there is a `before`. */
	readonly receives?: boolean;
	/** Where people find it. */
	address(): string;
}

export interface EditRequest {
	readonly threadId: string;
	readonly messageId: string;
	readonly message: AdapterPostableMessage;
}

export interface Answered {
	readonly threadId: string;
	readonly messageId: string;
	readonly userId: string;
	readonly sentence: string;
	readonly raw: unknown;
}
