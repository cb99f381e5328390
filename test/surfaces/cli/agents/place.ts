// A repository with an agent's configuration, and `init --agent` on it without a process: what it says, and what lies there afterwards.
import { mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ConnectOptions, connect } from "../../../../src/surfaces/cli/agents/connect.js";
import type { PlanView } from "../../../../src/surfaces/cli/agents/plan-text.js";
import { Failure } from "../../../../src/surfaces/cli/session/failure.js";
import { temporaryFolder } from "../../../support/temporary.js";

export type Files = Readonly<Record<string, string>>;

/** With a configuration, so that an agent can be connected. */
export async function repository(files: Files = {}): Promise<string> {
	const root = await temporaryFolder();
	await lay(root, {
		".git/HEAD": "ref: refs/heads/main\n",
		".deadman/config.json": `{ "stateDir": ".deadman" }\n`,
		...files,
	});
	return root;
}

export async function lay(root: string, files: Files): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
}

/** Every file, link and empty folder, but for git's and deadman's. */
export async function contents(root: string): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	async function walk(folder: string): Promise<void> {
		const entries = await readdir(join(root, folder), { withFileTypes: true });
		if (entries.length === 0 && folder !== "") found[`${folder}/`] = "";
		for (const entry of entries) {
			const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
			if (path === ".git" || path === ".deadman") continue;
			if (entry.isDirectory()) await walk(path);
			else if (entry.isSymbolicLink()) found[path] = `-> ${await readlink(join(root, path))}`;
			else found[path] = await readFile(join(root, path), "utf8");
		}
	}
	await walk("");
	return found;
}

export interface Said extends PlanView {
	readonly written: boolean;
	readonly text: string;
	readonly asked: readonly string[];
	readonly shown: string;
}

interface Way extends Partial<ConnectOptions> {
	/** What a person at the terminal types; absent: there is none. */
	readonly types?: string | null;
	/** Done while the question stands. */
	readonly meanwhile?: () => Promise<void>;
}

export async function init(root: string, agent: ConnectOptions["agent"], way: Way = { yes: true }): Promise<Said> {
	const { types, meanwhile, ...options } = way;
	const asked: string[] = [];
	let said = {} as Said;
	let shown = "";
	const output = {
		json: false,
		result: (object: object, text: () => string) => {
			said = { ...object, text: text() } as Said;
		},
		note: () => {},
		show: (text: string) => {
			shown = text;
		},
		progress: () => {},
		failure: () => {},
	};
	const prompt =
		types === undefined
			? null
			: {
					ask: async (question: string) => {
						asked.push(question);
						await meanwhile?.();
						return types;
					},
				};
	const clock = {} as never;
	const begin = async () => join(root, ".deadman");
	const load = async () => ({ ...(await import("../../../../src/app/examination.js")), begin }) as never;
	await connect(
		{ output, clock, prompt, load },
		{ agent, dir: root, run: null, db: [], hooks: false, remove: false, yes: false, ...options },
	);
	return { ...said, asked, shown };
}

/** The code and the sentences of the refusal. */
export async function refused(doing: Promise<unknown>): Promise<string> {
	try {
		await doing;
	} catch (error) {
		if (error instanceof Failure) return `${error.view.code}: ${error.view.message} ${error.view.next}`;
		throw error;
	}
	throw new Error("it was not refused");
}

export const kinds = ({ changes }: PlanView) => Object.fromEntries(changes.map(({ path, kind }) => [path, kind]));
