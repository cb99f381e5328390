// Files in a map: what was synced survives `powerCut`, what was not is gone. Folders exist as soon as something lies in them.
import { dirname } from "node:path";
import type { Files } from "../../../src/ports/ports.js";

export interface MemoryFile {
	readonly content: string;
	readonly mode: number;
}

export interface MemoryFiles extends Files {
	readonly files: ReadonlyMap<string, MemoryFile>;
	/** Writes without syncing, as a foreign program does. */
	put(path: string, content: string, mode?: number): void;
	read(path: string): string | null;
	setFreeBytes(bytes: number): void;
	powerCut(): void;
}

export function createMemoryFiles(): MemoryFiles {
	const files = new Map<string, MemoryFile>();
	const durable = new Map<string, MemoryFile>();
	let free = 1024 ** 4;

	const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
	const missing = (path: string) => Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
	const below = (map: ReadonlyMap<string, MemoryFile>, folder: string) =>
		[...map.keys()].filter((path) => isBelow(path, folder));

	function persist(paths: readonly string[]): void {
		for (const path of paths) {
			const file = files.get(path);
			if (file === undefined) durable.delete(path);
			else durable.set(path, file);
		}
	}

	return {
		files,
		async writeAtomic(path, content, mode) {
			files.set(path, { content, mode: mode ?? files.get(path)?.mode ?? 0o600 });
			persist([path]);
		},
		async syncFolder(path) {
			persist([...files.keys(), ...durable.keys()].filter((entry) => dirname(entry) === path));
		},
		async copy(from, to) {
			const file = files.get(from);
			if (file === undefined) throw missing(from);
			files.set(to, file);
			persist([to]);
		},
		async syncTree(path) {
			const entries = [...below(files, path), ...below(durable, path)];
			if (entries.length === 0) throw missing(path);
			persist(entries);
		},
		freeBytes: async () => free,
		async remove(path) {
			for (const entry of below(files, path)) files.delete(entry);
		},
		exists: async (path) => below(files, path).length > 0,
		mounts: async () => [{ at: "/", kind: "memory" }],
		probe: async () => null,
		put(path, content, mode = 0o644) {
			files.set(path, { content, mode });
		},
		read: (path) => files.get(path)?.content ?? null,
		setFreeBytes(bytes) {
			free = bytes;
		},
		powerCut() {
			files.clear();
			for (const [path, file] of durable) files.set(path, file);
		},
	};
}
