// What will go wrong, or otherwise than somebody thinks, with the dependencies of a tree: from its names and texts alone. One list for `doctor`, `init` and the approval card.
import { type Install, installOf } from "../../../config/install.js";
import { nodeWishes, unmetWishes, type WishTexts } from "../../../core/rules/node-wishes.js";
import { printableLine } from "../../../core/rules/printable.js";
import { lockCommands, lockedBy, managerOf, parseManifest } from "./install-command.js";

export interface Looks {
	/** Of files at the top of the tree. */
	readonly names: ReadonlySet<string>;
	readonly texts: WishTexts;
	/** As configured. */
	readonly install: Install | undefined;
	/** Of the Node that it will run under; null: there is none such, which is told elsewhere. */
	readonly version: string | null;
}

export interface Trouble {
	readonly name: "dependencies" | "engines";
	readonly sentence: string;
	readonly next: string;
}

export function troublesOf(looks: Looks): readonly Trouble[] {
	const { install } = looks;
	const { command } = installOf(install);
	const byLock = command === undefined ? [...withoutLock(looks), ...twoManagers(looks)] : [];
	return [...byLock, ...otherNode(looks)];
}

function withoutLock({ names, texts, install }: Looks): readonly Trouble[] {
	const manifest = parseManifest(texts["package.json"] ?? "{}") ?? {};
	const [first] = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
	if (first === undefined || lockedBy(names).length > 0 || installOf(install).withoutLock) return [];
	const shown = printableLine(first).slice(0, 80);
	if (names.has("bun.lock")) {
		return [
			{
				name: "dependencies",
				sentence: `package.json names dependencies such as ${shown}, and bun.lock is no lock file that is installed by itself.`,
				next: 'Configure `install`, such as "bun install --frozen-lockfile".',
			},
		];
	}
	return [
		{
			name: "dependencies",
			sentence: `package.json names dependencies such as ${shown}, but there is no lock file: nothing is installed into a release.`,
			next: `Make one (\`${lockCommands[managerOf(manifest)]}\`) and commit it, configure \`install\`, or let each release install anew by "install": { "withoutLock": true }.`,
		},
	];
}

function twoManagers({ names }: Looks): readonly Trouble[] {
	const found = lockedBy(names);
	const other = found.find(({ manager }) => manager !== found[0]?.manager);
	if (found[0] === undefined || other === undefined) return [];
	return [
		{
			name: "dependencies",
			sentence: `There are lock files of two package managers, ${found[0].lock} and ${other.lock}: ${found[0].manager} installs.`,
			next: "Remove the one that nobody keeps, or configure `install`.",
		},
	];
}

function otherNode({ texts, version }: Looks): readonly Trouble[] {
	if (version === null) return [];
	return unmetWishes(nodeWishes(texts), version).map(({ source, wanted }) => ({
		name: "engines",
		sentence: `${source} asks for Node ${printableLine(wanted)}, and commands and the program run under ${version} (EBADENGINE).`,
		next: 'Name the one that fits by `program.node` in the configuration: a path, or a version such as "22".',
	}));
}
