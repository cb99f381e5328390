// Tokens on the command line: made, listed and revoked through the supervisor. The secret is printed once and kept nowhere.
import type { TokenView } from "../../http/schemas/token-view.js";
import { renderToken, renderTokens } from "../../text/tokens.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

const path = "/v1/tokens";

interface Creates extends Common {
	readonly role: string;
	readonly target?: string;
}

interface Made {
	readonly token: TokenView;
	readonly secret: string;
}

export async function createToken(terminal: Terminal, name: string, options: Creates): Promise<void> {
	const session = await openSession(options, terminal);
	const { role, target } = options;
	const { token, secret } = await session.ask<Made>({ method: "POST", path, body: { name, role, target } });
	const once = "This is shown once and kept nowhere: give it to whom it is for.";
	session.output.result({ token, secret }, () => [renderToken(token), secret, once].join("\n"));
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
