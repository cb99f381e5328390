// Tokens on the command line: made, listed and revoked through the supervisor. The secret is printed once and kept nowhere.

import { refuse } from "../../../core/refusals.js";
import type { TokenView } from "../../http/schemas/token-view.js";
import { renderToken, renderTokens } from "../../text/tokens.js";
import { accepted } from "../session/failure.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

const path = "/v1/tokens";

interface Creates extends Common {
	readonly role: string;
	readonly target?: string;
	readonly agent?: string;
}

interface Made {
	readonly token: TokenView;
	readonly secret: string;
}

export async function createToken(terminal: Terminal, given: string | undefined, options: Creates): Promise<void> {
	const session = await openSession(options, terminal);
	const { role, target } = options;
	const name = nameOf(given, options);
	const { token, secret } = await session.ask<Made>({ method: "POST", path, body: { name, role, target } });
	const once = "This is shown once and kept nowhere: give it to whom it is for.";
	session.output.result({ token, secret }, () => [renderToken(token), secret, once].join("\n"));
}

/** An agent's token is named after it. */
function nameOf(given: string | undefined, { role, agent }: Creates): string {
	const name = given ?? agent;
	const wrong = name === undefined ? "a name is missing" : misnamed(given, role, agent);
	if (name !== undefined && wrong === null) return name;
	return accepted<string>(refuse("input_invalid", { problems: String(wrong) }));
}

function misnamed(given: string | undefined, role: string, agent: string | undefined): string | null {
	if (agent !== undefined && role !== "agent") return "--agent goes with --role agent";
	return agent !== undefined && given !== undefined && agent !== given ? "an agent's token bears its name" : null;
}

export async function listTokens(terminal: Terminal, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { tokens } = await session.ask<{ tokens: TokenView[] }>({ path });
	session.output.result({ tokens }, () => renderTokens(tokens));
}

export async function revokeToken(terminal: Terminal, id: string, options: Common): Promise<void> {
	const session = await openSession(options, terminal);
	const { token } = await session.ask<{ token: TokenView }>({
		method: "DELETE",
		path: `${path}/${encodeURIComponent(id)}`,
	});
	session.output.result({ token }, () => `Revoked ${renderToken(token)}`);
}
