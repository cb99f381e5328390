// Tools of the operator's folder that walk into builders' workspaces below it: which are found, and the line by which each leaves them out. Reads only.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { folderName } from "../../../state/pointer.js";

interface Runner {
	readonly name: string;
	/** A dependency of the project, or a file at its top, says that it is used. */
	readonly packages: readonly string[];
	readonly file: RegExp;
	readonly line: string;
}

const workspaces = `${folderName}/workspaces`;

/** What leaves folders with a dot alone by itself (pytest, tsc) is not named. */
const runners: readonly Runner[] = [
	{
		name: "vitest",
		packages: ["vitest"],
		file: /^vitest\.(config|workspace)\./,
		line: `test: { exclude: [...configDefaults.exclude, "**/${folderName}/**"] }`,
	},
	{
		name: "jest",
		packages: ["jest"],
		file: /^jest\.config\./,
		line: `"modulePathIgnorePatterns": ["<rootDir>/${folderName}/"], "testPathIgnorePatterns": ["/node_modules/", "<rootDir>/${folderName}/"]`,
	},
	{
		name: "eslint",
		packages: ["eslint"],
		file: /^eslint\.config\.|^\.eslintrc/,
		line: `{ ignores: ["${folderName}/"] }`,
	},
	{
		name: "biome",
		packages: ["@biomejs/biome"],
		file: /^biome\.jsonc?$/,
		line: `"files": { "includes": ["**", "!${folderName}"] }`,
	},
	{
		name: "prettier",
		packages: ["prettier"],
		file: /^\.prettierrc|^prettier\.config\./,
		line: `${folderName}/ in .prettierignore`,
	},
	{ name: "mypy", packages: [], file: /^mypy\.ini$/, line: `exclude = ^\\.deadman/` },
];

/** A sentence for each tool that is found. */
export async function runnerHints(root: string): Promise<string[]> {
	const [names, manifest] = [await readdir(root).catch(() => []), await manifestOf(root)];
	const used = runners.filter(
		({ packages, file }) =>
			packages.some((name) => manifest.packages.has(name)) || names.some((name) => file.test(name)),
	);
	const lines = used.map(({ name, line }) => `${name} leaves them out by ${line}`);
	if (/\bnode\b[^&|;]* --test\b/.test(manifest.scripts)) {
		lines.push("`node --test` does where it is given the folder of the tests, such as `node --test test/`");
	}
	if (await replacesDefaults(root)) lines.push(`pytest needs ".*" among its norecursedirs`);
	if (lines.length === 0) return [];
	return [`Builders' workspaces lie in ${workspaces}; tools that run here may walk into them: ${lines.join("; ")}.`];
}

async function manifestOf(root: string): Promise<{ readonly packages: ReadonlySet<string>; readonly scripts: string }> {
	try {
		const found = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
		const names = [found.dependencies, found.devDependencies].flatMap((one) => Object.keys(one ?? {}));
		return { packages: new Set(names), scripts: Object.values(found.scripts ?? {}).join(" ; ") };
	} catch {
		return { packages: new Set(), scripts: "" };
	}
}

/** Without that, pytest enters no folder with a dot. */
async function replacesDefaults(root: string): Promise<boolean> {
	for (const name of ["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"]) {
		const text = await readFile(join(root, name), "utf8").catch(() => "");
		const line = /^\s*norecursedirs\s*=(.*(?:\n\s+.*)*)/m.exec(text)?.[1];
		if (line !== undefined && !/(^|[\s"'[,])\.\*/.test(line)) return true;
	}
	return false;
}
