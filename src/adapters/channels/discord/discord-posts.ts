// What Discord posts to us over HTTP, before the SDK sees it: what is not genuine ends here, forms are answered here, and what is neither a
// press nor a ping is told so, because anything else would leave a spinner.
import type { Inbox, Received, Reply } from "../../../ports/ports.js";
import { type EventParts, submit } from "./discord-events.js";
import { toldAlone } from "./discord-interactions.js";
import { type FormInteraction, formFor, pressed } from "./discord-phrase.js";
import { unsigned } from "./discord-signature.js";

const ping = 1;
const notOurs = "deadman knows its buttons only. Nothing was decided.";

export interface PostParts {
	readonly publicKey: string;
	/** Of the channel that is open; null: none is. */
	readonly opened: () => Pick<EventParts, "adapter" | "token"> | null;
}

/** Null: the SDK's adapter takes it from here. */
export async function posted(parts: PostParts, request: Received, inbox: Inbox): Promise<Reply | null> {
	const refusal = unsigned(request, inbox, parts.publicKey);
	if (refusal !== null) return refusal;
	const interaction = parsed(request.body);
	if (interaction === null) {
		inbox.refused({ code: "interaction_malformed", detail: "An interaction that is no JSON object." });
		return { status: 400, headers: {}, body: "" };
	}
	const opened = parts.opened();
	const response = formFor(interaction) ?? (opened === null ? null : await submit(opened, interaction));
	if (response !== null) return replyOf(response);
	if (interaction.type === pressed || interaction.type === ping) return null;
	inbox.refused({
		code: "interaction_unknown",
		detail: `An interaction of type ${String(interaction.type).slice(0, 20)}.`,
	});
	return replyOf(toldAlone(notOurs));
}

const replyOf = (response: object): Reply => ({
	status: 200,
	headers: { "content-type": "application/json" },
	body: JSON.stringify(response),
});

function parsed(body: Uint8Array): FormInteraction | null {
	try {
		const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as FormInteraction) : null;
	} catch {
		return null;
	}
}
