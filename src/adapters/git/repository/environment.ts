// What every git of ours runs with: a whole environment and the configuration that outranks a repository's own. Runs nothing itself.

/** Who writes the swap commits and the operator's reflog entries. */
export const identity = { name: "deadman", email: "deadman@localhost" } as const;

/** Given as `-c` with every command: it outranks whatever a hostile configuration file says. */
export const hardening: readonly string[] = [
	"core.hooksPath=/dev/null",
	"core.fsmonitor=false",
	"core.fsync=all",
	"core.fsyncMethod=fsync",
	"core.attributesFile=/dev/null",
	"core.excludesFile=/dev/null",
	"core.alternateRefsCommand=true",
	"core.protectHFS=true",
	"core.protectNTFS=true",
	"gc.auto=0",
	"maintenance.auto=false",
	"transfer.fsckObjects=true",
	"protocol.version=2",
	"protocol.allow=never",
	"protocol.file.allow=always",
];

/** Harmless blemishes of old histories: without this, `transfer.fsckObjects` keeps projects out that began before 2010. */
export const historicBlemishes: readonly string[] = [
	"badTimezone",
	"missingSpaceBeforeDate",
	"missingSpaceBeforeEmail",
	"zeroPaddedFilemode",
].map((name) => `fetch.fsck.${name}=warn`);

/** Our own repository's working trees hold the committed bytes, whatever `.gitattributes` says. `!` undoes a setting, so that diffs and merges see text. */
export const exactAttributes =
	"* -filter -text -eol -ident -working-tree-encoding -export-subst -export-ignore !diff !merge !conflict-marker-size\n";

/** The operator's and the builders' trees keep their line endings, but no filter of theirs runs. */
export const unfilteredAttributes = "* -filter !diff !merge\n";

export interface EnvironmentOptions {
	/** A file of ours that stands in for `~/.gitconfig`. */
	readonly globalConfig: string;
	/** Only fetching into the own repository needs a transport. */
	readonly transport: "file" | "none";
	/** Commits are read as the refs below this prefix say; left out: as they are. Of the own repository alone, where nobody else makes refs. */
	readonly replacements?: string | undefined;
}

/** The whole environment of a git; `GIT_ALLOW_PROTOCOL` outranks even a repository's `protocol.<name>.allow`. */
export function gitEnvironment(options: EnvironmentOptions): Record<string, string> {
	return {
		PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
		HOME: "/nonexistent",
		LC_ALL: "C",
		GIT_CONFIG_NOSYSTEM: "1",
		GIT_CONFIG_GLOBAL: options.globalConfig,
		GIT_ATTR_NOSYSTEM: "1",
		GIT_TERMINAL_PROMPT: "0",
		GIT_OPTIONAL_LOCKS: "0",
		// That the first is there is enough for git, whatever it says.
		...(options.replacements === undefined
			? { GIT_NO_REPLACE_OBJECTS: "1" }
			: { GIT_REPLACE_REF_BASE: options.replacements }),
		GIT_NO_LAZY_FETCH: "1",
		GIT_LITERAL_PATHSPECS: "1",
		GIT_ALLOW_PROTOCOL: options.transport,
		GIT_AUTHOR_NAME: identity.name,
		GIT_AUTHOR_EMAIL: identity.email,
		GIT_COMMITTER_NAME: identity.name,
		GIT_COMMITTER_EMAIL: identity.email,
	};
}

/** `-c a=b -c c=d` */
export function asFlags(settings: readonly string[]): string[] {
	return settings.flatMap((setting) => ["-c", setting]);
}

/** Our stand-in for `~/.gitconfig`: a repository that belongs to somebody else is read, because the operator named it. */
export function globalConfigText(safeDirectories: readonly string[]): string {
	return `[safe]\n${safeDirectories.map(directoryLine).join("")}`;
}

/** Whether the text names all of these, maybe others, and says nothing else. */
export function trusts(text: string, safeDirectories: readonly string[]): boolean {
	const ours = /^\[safe\]\n(\tdirectory = "[^\n]*"\n)*$/.test(text);
	return ours && safeDirectories.every((path) => text.includes(directoryLine(path)));
}

function directoryLine(path: string): string {
	return `\tdirectory = "${path.replaceAll(/["\\]/g, "\\$&")}"\n`;
}

/** Rewritten at each start, so that nothing written into it survives. */
export function repositoryConfigText(options: { readonly bare: boolean; readonly objectFormat: string }): string {
	const sha256 = options.objectFormat === "sha256";
	const core = `[core]\n\trepositoryformatversion = ${sha256 ? 1 : 0}\n\tfilemode = true\n\tsymlinks = true\n\tbare = ${options.bare}\n`;
	return sha256 ? `${core}[extensions]\n\tobjectformat = sha256\n` : core;
}
