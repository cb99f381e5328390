// What channels of this folder have in common: nobody is far away, and text is only text.
import type { Capabilities } from "../../ports/ports.js";

/** Of a channel on this machine; each says what it does otherwise. */
export const plain: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: false,
	thread: false,
	lookup: false,
	cardCharacters: 100_000,
	refreshMs: null,
};
