// What a candidate's install, build and checks may see, write and take. They are code that somebody approved and nobody has run yet.
import { readdir } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { isSecretName } from "../../../core/rules/redact.js";
import type { Confinement, ReleaseRef } from "../../../ports/ports.js";
import { folderName } from "../../../state/pointer.js";
import type { ReleaseContext } from "./release-context.js";
import { certificatePaths } from "./stage-certificates.js";
import type { StageHome } from "./stage-home.js";

/** In a home folder: tools that a PATH may lead to, and the variable by which those find themselves that look in HOME. */
const tools: Readonly<Record<string, string | null>> = {
	".asdf": "ASDF_DATA_DIR",
	".bun": null,
	".cache/ms-playwright": null,
	".cargo": null,
	".deno": null,
	".local/bin": null,
	".local/lib": null,
	".local/share/fnm": null,
	".local/share/mise": "MISE_DATA_DIR",
	".local/share/pnpm": null,
	".nodenv": "NODENV_ROOT",
	".nvm": null,
	".pyenv": "PYENV_ROOT",
	".rbenv": "RBENV_ROOT",
	".rustup": "RUSTUP_HOME",
	".volta": "VOLTA_HOME",
};

/** For homes that cannot be hidden as a whole, and for tools that keep a token beside their programs. */
const secretPlaces = [
	".aws",
	".azure",
	".bash_history",
	".cargo/credentials",
	".cargo/credentials.toml",
	".config",
	".docker",
	".git-credentials",
	".gnupg",
	".kube",
	".netrc",
	".npmrc",
	".password-store",
	".pypirc",
	".ssh",
	".yarnrc.yml",
];

export interface Operator {
	readonly home: string | undefined;
	readonly path: string | undefined;
}

/** The whole network is allowed: installs need it, and honest checks talk to servers of their own. */
export async function stageConfinement(
	context: ReleaseContext,
	release: ReleaseRef,
	{ home, operator, installs }: { readonly home: StageHome; readonly operator: Operator; readonly installs: boolean },
): Promise<Confinement> {
	const { own, root, settings, folder, node } = context;
	return {
		writable: [folder(release.id), home.folder, ...(installs ? [home.cache] : [])],
		readable: [
			...[root, own.layout.own, ...nodeFolders(process.execPath), ...toolsOf(operator), ...certificatePaths()],
			...(node === undefined ? [] : nodeFolders((await node.describe()).path)),
		],
		hidden: [
			own.layout.stateDir,
			join(root, folderName),
			own.operator.gitDir,
			own.operator.commonDir,
			...(await secretsOf(context)),
			...hiddenInHome(operator, root),
		],
		network: true,
		maxProcesses: settings.limits.processes,
		maxMemoryBytes: settings.limits.memory,
	};
}

/** Variables by which tools are found that would look in the operator's home. Those of absent folders do no harm. */
export function toolVariables({ home }: Operator, present: (path: string) => boolean): Record<string, string> {
	if (home === undefined) return {};
	const pairs = Object.entries(tools).flatMap(([name, variable]) =>
		variable === null || !present(join(home, name)) ? [] : [[variable, join(home, name)] as const],
	);
	return Object.fromEntries(pairs);
}

function toolsOf({ home, path = "" }: Operator): string[] {
	if (!hasHome(home)) return [];
	const onPath = path.split(delimiter).filter((folder) => folder.startsWith(`${home}/`));
	return [...Object.keys(tools).map((name) => join(home, name)), ...onPath];
}

/** It may lie in a home folder, with what belongs to it beside. */
function nodeFolders(path: string): string[] {
	const folder = dirname(path);
	return [folder, dirname(folder)];
}

/** A repository that is a home folder itself stays readable, but for what is known to be secret. */
function hiddenInHome({ home }: Operator, root: string): string[] {
	if (!hasHome(home)) return [];
	return [...(home === root ? [] : [home]), ...secretPlaces.map((name) => join(home, name))];
}

function hasHome(home: string | undefined): home is string {
	return home?.startsWith("/") === true && home !== "/";
}

/** Beside the code: the operator's environment files, and shared files that are named like secrets. */
async function secretsOf({ root, settings }: ReleaseContext): Promise<string[]> {
	const names = (await readdir(root)).filter((name) => name.startsWith(".env"));
	return [...names, ...settings.shared.map(({ path }) => path).filter(isSecretPath)].map((name) => join(root, name));
}

export function isSecretPath(path: string): boolean {
	const name = basename(path);
	return (
		name.startsWith(".env") || /\.(pem|key|p12|pfx|jks|kdbx)$/i.test(name) || isSecretName(name.replace(/\.\w+$/, ""))
	);
}
