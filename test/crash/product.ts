// The product as the lives of a trial load it: what a story uses of it and its threads, each in one file. A life starts in a third of
// the time that the 900 files of the build and its packages take, and there are thousands of lives.
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What story.mjs takes from the build. */
const used = {
	"adapters/system/nonces.js": "createNonces",
	"app/compose.js": "compose",
	"config/config.js": "parseConfig",
	"core/people/authority.js": "phraseOf",
};
/** Started by their address below dist/, which lies three folders up from whoever starts them. */
const started = ["adapters/journal/journal-worker.js", "adapters/databases/child/data-worker.js"];

export interface Product {
	/** The module that a life imports. */
	readonly module: string;
	close(): Promise<void>;
}

/** @param dist The build's folder; another one than this repository's has a bug planted in it. */
export async function bundleProduct(dist = join(root, "dist")): Promise<Product> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-product-"));
	const entry = Object.entries(used).map(
		([file, name]) => `export { ${name} } from ${JSON.stringify(join(dist, file))};`,
	);
	const input = Object.fromEntries(started.map((file) => [file.slice(0, -".js".length), join(dist, file)]));
	const bundle = await rolldown({
		input: { ...input, "product/of/story": "product" },
		platform: "node",
		external: [/^better-sqlite3/, /^@chat-adapter\//, /^chat$/],
		plugins: [
			{
				name: "product",
				resolveId: (id) => (id === "product" ? id : null),
				load: (id) => (id === "product" ? entry.join("\n") : null),
			},
		],
	});
	await bundle.write({
		dir: join(folder, "dist"),
		format: "esm",
		entryFileNames: "[name].js",
		chunkFileNames: "product/of/[name]-[hash].js",
	});
	await bundle.close();
	await cp(join(root, "package.json"), join(folder, "package.json"));
	await symlink(join(root, "node_modules"), join(folder, "node_modules"));
	return {
		module: join(folder, "dist", "product", "of", "story.js"),
		close: () => rm(folder, { recursive: true, force: true }),
	};
}
