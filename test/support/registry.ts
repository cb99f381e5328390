// A small registry of packages on this machine, as npm asks one: some packages, and a token where it wants one. Counts what it was asked.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary.js";

interface Package {
	readonly name: string;
	readonly version: string;
	/** What the package exports, as an expression. */
	readonly exports: string;
	readonly manifest?: object;
}

export interface Registry {
	readonly url: string;
	readonly port: number;
	/** Requests without the right token. */
	readonly strangers: () => number;
}

export async function openRegistry(packages: readonly Package[], token: string | null = null): Promise<Registry> {
	const packed = await Promise.all(packages.map(pack));
	let strangers = 0;
	const server = createServer((request, response) => {
		if (token !== null && request.headers.authorization !== `Bearer ${token}`) {
			strangers += 1;
			response.statusCode = 401;
			return response.end('{"error":"unauthenticated"}');
		}
		const path = decodeURIComponent(request.url ?? "/").slice(1);
		const archive = packed.find(({ file }) => path === file);
		if (archive !== undefined) return response.end(archive.bytes);
		const versions = packed.filter(({ name }) => name === path);
		if (versions.length === 0) response.statusCode = 404;
		response.setHeader("content-type", "application/json");
		return response.end(JSON.stringify(documentOf(versions, request.headers.host ?? "")));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
	onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}/`, port, strangers: () => strangers };
}

type Packed = Awaited<ReturnType<typeof pack>>;

async function pack({ name, version, exports, manifest = {} }: Package) {
	const folder = await temporaryFolder("deadman-package");
	await mkdir(join(folder, "package"));
	const whole = { name, version, main: "index.js", ...manifest };
	await writeFile(join(folder, "package", "package.json"), JSON.stringify(whole));
	await writeFile(join(folder, "package", "index.js"), `module.exports = ${exports};\n`);
	await promisify(execFile)("tar", ["-czf", "packed.tgz", "package"], { cwd: folder });
	const bytes = await readFile(join(folder, "packed.tgz"));
	const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
	return { name, whole, bytes, integrity, file: `${name.replace("/", "-")}-${version}.tgz` };
}

function documentOf(versions: readonly Packed[], host: string) {
	const all = versions.map(({ whole, file, integrity }) => [
		whole.version,
		{ ...whole, dist: { tarball: `http://${host}/${file}`, integrity } },
	]);
	return {
		name: versions[0]?.name,
		"dist-tags": { latest: versions.at(-1)?.whole.version },
		versions: Object.fromEntries(all),
	};
}
