// Not built yet.
import type { Commands, Delivery } from "../../ports.js";

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

export function createCommandChannel({ name }: CommandChannelOptions): Delivery {
	throw new Error(`${name} is not built yet.`);
}
