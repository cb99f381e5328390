// Runs the files contract on a real disk and on its twin.
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createFiles } from "../../../src/adapters/system/files.js";
import { createMemoryFiles } from "../../support/memory/files.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeFilesContract } from "./files.contract.js";

describeFilesContract("real", async () => ({
	files: createFiles(),
	folder: await temporaryFolder(),
	read: (path) => readFile(path, "utf8").catch(() => null),
	modeOf: async (path) => (await stat(path)).mode & 0o7777,
	async put(path, content, mode = 0o644) {
		await mkdir(dirname(path), { recursive: true });
		await writeFile(path, content);
		await chmod(path, mode);
	},
}));

describeFilesContract("memory", async () => {
	const files = createMemoryFiles();
	return {
		files,
		folder: "/memory",
		read: async (path) => files.read(path),
		modeOf: async (path) => files.files.get(path)?.mode ?? 0,
		put: async (path, content, mode) => files.put(path, content, mode),
	};
});
