// Where a request came from, as it is typed: CHANNEL[:ID[:THREAD]]. Whether it may come from there is the supervisor's to say.
import type { Conversation } from "../../../core/asked.js";

/** A colon within an id is written `%3A`. Left out: undefined, which JSON leaves out too. */
export function conversationFrom(text: string | undefined): Conversation | undefined {
	if (text === undefined) return undefined;
	const [channel = "", conversation = null, ...thread] = text.split(":").map(unescaped);
	return { channel, conversation, thread: thread.length === 0 ? null : thread.join(":") };
}

/** What is malformed stays as it is, for the supervisor to refuse. */
function unescaped(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
