// Tells what is not there from what could not be looked at: the second passes, and nobody may act on it as if it were the first.

/** For `catch`: the value where nothing is there, else the error goes on. */
export function ifAbsent<T>(value: T): (error: unknown) => T {
	return (error) => {
		const { code } = error as { readonly code?: unknown };
		if (code === "ENOENT" || code === "ENOTDIR") return value;
		throw error;
	};
}
