// Follows the symbolic links of a tree as the system would, link through link, and refuses the ones that leave it. Pure.

export interface LinkRuleOptions {
	/** Targets of the links, by path. */
	readonly links: ReadonlyMap<string, string>;
	/** Paths that will be links out of the release: nothing may climb back from below one. */
	readonly shared: readonly string[];
}

const MAX_STEPS = 200;
const MAX_TARGET_BYTES = 4_095;

/** The returned function says what is wrong with the link at this path, or null. */
export function createLinkRule({ links, shared }: LinkRuleOptions) {
	const outside = new Set(shared.map((path) => path.replace(/^(\.\/)+|\/+$/g, "")));
	return (path: string): string | null => {
		const target = links.get(path);
		if (target === undefined || target === "") return "it is a link without a target";
		if (target.startsWith("/")) return "it is a link with an absolute target";
		if (target.includes("\0")) return "its target holds a NUL character";
		if (Buffer.byteLength(target) > MAX_TARGET_BYTES) return "its target is too long";
		return follow(path, target);
	};

	function follow(path: string, target: string): string | null {
		const at = path.split("/").slice(0, -1);
		const todo = target.split("/").reverse();
		for (let steps = 0; todo.length > 0; steps += 1) {
			if (steps > MAX_STEPS) return "it is a link that leads in a circle";
			const part = todo.pop() as string;
			if (part === "" || part === ".") continue;
			if (part === "..") {
				if (at.length === 0 || isShared(at)) return "it is a link that leads out of the release";
				at.pop();
				continue;
			}
			at.push(part);
			const next = links.get(at.join("/"));
			if (next === undefined) continue;
			if (next.startsWith("/")) return "it is a link that leads out of the release";
			at.pop();
			todo.push(...next.split("/").reverse());
		}
		return at[0] === ".git" ? "it is a link into a git folder" : null;
	}

	function isShared(at: readonly string[]): boolean {
		return at.some((_, index) => outside.has(at.slice(0, index + 1).join("/")));
	}
}
