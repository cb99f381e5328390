// Loads the packages of the chat channels when one starts: they are optional, and large. A missing one is a sentence with what to type.
import { DeliveryFailed } from "../../../ports/ports.js";

/** `load` is `() => import("<packageName>")`, so that tools can see it. Rejects with `not_installed`, or with what the package throws. */
export async function loadPackage<T>(packageName: string, load: () => Promise<T>): Promise<T> {
	try {
		return await load();
	} catch (error) {
		const missing = missingPackage(error);
		if (missing === null) throw error;
		const also = missing === packageName ? "" : `, because ${packageName} needs ${missing}`;
		const wanted = packageName === "chat" ? "chat" : `chat ${packageName}`;
		throw new DeliveryFailed({
			code: "not_installed",
			message: `The package ${packageName} is not installed${also}. Install it beside deadman: npm install ${wanted}`,
		});
	}
}

/** The package that node did not find; null where something else went wrong. */
function missingPackage(error: unknown): string | null {
	const { code, message = "" } = (error ?? {}) as NodeJS.ErrnoException;
	if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return null;
	return /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1] ?? "a package";
}
