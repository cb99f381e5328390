// Every argument list given to git's plumbing, as values. Runs nothing; what precedes them (place, hardening) is in git.ts.

export const initArgs = (folder: string, objectFormat: string) => [
	"init",
	"--bare",
	"--quiet",
	"--template=",
	"--initial-branch=none",
	`--object-format=${objectFormat}`,
	folder,
];

/** Exactly one commit, by protocol version 2, kept under `ref`. */
export const fetchArgs = (source: string, commit: string, ref: string) => [
	"fetch",
	"--quiet",
	"--no-tags",
	"--no-recurse-submodules",
	"--no-auto-gc",
	"--no-write-fetch-head",
	"--update-shallow",
	"--upload-pack=git-upload-pack",
	source,
	`+${commit}:${ref}`,
];

/** The newest tags of a commit's history; null: all there are. */
export const tagsBelowArgs = (commit: string | null, most: number | null) => [
	"for-each-ref",
	"--sort=-creatordate",
	"--format=%(objectname) %(refname)",
	...(most === null ? [] : [`--count=${most}`]),
	...(commit === null ? [] : [`--merged=${commit}`]),
	"refs/tags",
];

export const fetchTagsArgs = (source: string, refs: readonly string[]) => [
	"fetch",
	"--quiet",
	"--no-tags",
	"--no-recurse-submodules",
	"--no-auto-gc",
	"--no-write-fetch-head",
	"--update-shallow",
	"--upload-pack=git-upload-pack",
	source,
	...refs.map((ref) => `+${ref}:${ref}`),
];

export const blobArgs = (oid: string) => ["cat-file", "blob", oid];

export const listTreeArgs = (tree: string) => ["ls-tree", "-r", "-z", "-l", "--full-tree", tree];

export const treePathsArgs = (tree: string) => ["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree];

/** The entries of a tree's top folder that have these names. */
export const topEntriesArgs = (tree: string, names: readonly string[]) => [
	"ls-tree",
	"-z",
	"--full-tree",
	tree,
	...names,
];

export const mergeTreeArgs = (ours: string, theirs: string) => [
	"merge-tree",
	"--write-tree",
	"-z",
	"--name-only",
	"--no-messages",
	ours,
	theirs,
];

export const commitTreeArgs = (tree: string, parents: readonly string[]) => [
	"commit-tree",
	tree,
	...parents.flatMap((parent) => ["-p", parent]),
	"-F",
	"-",
];

/** Without `old`, whatever stood there is replaced. */
export const updateRefArgs = (ref: string, to: string, old?: string) => [
	"update-ref",
	"--no-deref",
	"-m",
	"deadman",
	ref,
	to,
	...(old === undefined ? [] : [old]),
];

export const deleteRefArgs = (ref: string) => ["update-ref", "--no-deref", "-d", ref];

export const isAncestorArgs = (ancestor: string, descendant: string) => [
	"merge-base",
	"--is-ancestor",
	ancestor,
	descendant,
];

export const revisionArgs = (revision: string) => ["rev-parse", "--verify", "--quiet", "--end-of-options", revision];

export const changedFilesArgs = (from: string, to: string) => [
	"diff-tree",
	"-r",
	"-z",
	"-M",
	"--raw",
	"--no-abbrev",
	"--no-ext-diff",
	"--no-textconv",
	"--ignore-submodules=none",
	from,
	to,
];

export const diffArgs = (from: string, to: string) => [
	"diff-tree",
	"-r",
	"-p",
	"-M",
	"--text",
	"--full-index",
	"--no-color",
	"--no-ext-diff",
	"--no-textconv",
	"--src-prefix=a/",
	"--dst-prefix=b/",
	from,
	to,
];

/** `<object> SP <type> SP <size>` for each object on standard input. */
export const objectSizesArgs = () => ["cat-file", "--batch-check"];

export const readTreeArgs = (tree: string) => ["read-tree", tree];

export const checkoutAllArgs = () => ["checkout-index", "--all", "--force", "--quiet"];

/** Writes the paths given on standard input. */
export const checkoutSomeArgs = () => ["checkout-index", "-z", "--stdin", "--force", "--quiet"];

/** Writes the paths given on standard input into another folder. */
export const checkoutToArgs = (folder: string) => ["checkout-index", "-z", "--stdin", "--force", `--prefix=${folder}/`];

/** Tracked paths that differ from the index in content, mode or kind, or are gone. */
export const modifiedArgs = () => ["ls-files", "-z", "--modified", "--deduplicate"];

/** Every tracked path after "H ", and the modified ones again after "C ". */
export const taggedArgs = () => ["ls-files", "-z", "-t", "--cached", "--modified"];

/** The topmost paths that no file of the index lies below, ignored or not; a folder ends with a slash. */
export const untrackedTopArgs = () => ["ls-files", "-z", "--others", "--directory"];

/** The first tracked paths of a tree at or below these. */
export const trackedBelowArgs = (tree: string, paths: readonly string[]) => [
	"ls-tree",
	"-r",
	"-z",
	"--name-only",
	"--full-tree",
	tree,
	...paths,
];

export const untrackedArgs = (excludeFile: string | null) => [
	"ls-files",
	"-z",
	"--others",
	"--exclude-standard",
	...(excludeFile === null ? [] : [`--exclude-from=${excludeFile}`]),
];

export const stagedArgs = (tree: string) => [
	"diff-index",
	"--cached",
	"-z",
	"--name-only",
	"--ignore-submodules=none",
	tree,
];

/** A whole pack, without bases from elsewhere, at `<prefix>-<hash>.pack`. Standard input names what to send and what is there. */
export const packArgs = (prefix: string) => ["pack-objects", "--quiet", "--revs", "--delta-base-offset", prefix];

export const indexPackArgs = () => ["index-pack", "--stdin"];

/** Only what lies in these folders, or all of it. */
export const listFoldersArgs = (tree: string, folders: readonly string[]) => [
	"ls-tree",
	"-r",
	"-z",
	"-l",
	"--full-tree",
	"--",
	tree,
	...folders,
];

/** Every path by itself: a rename is a removal and an addition. */
export const changedBlobsArgs = (from: string, to: string, folders: readonly string[]) => [
	"diff-tree",
	"-r",
	"-z",
	"--raw",
	"--no-abbrev",
	"--no-renames",
	"--no-ext-diff",
	"--no-textconv",
	"--ignore-submodules=none",
	from,
	to,
	"--",
	...folders,
];

/** Reads `<mode> <object> TAB <path> NUL` from standard input; mode 0 removes. */
export const indexInfoArgs = () => ["update-index", "-z", "--replace", "--index-info"];

export const writeTreeArgs = () => ["write-tree"];

/** Writes the files named on standard input, one a line, as they are; prints the object of each. */
export const hashObjectsArgs = () => ["hash-object", "-w", "--no-filters", "--stdin-paths"];

export const committedAtArgs = (commit: string) => ["show", "--no-patch", "--format=%ct", commit];

export const trackedArgs = (folders: readonly string[]) => ["ls-files", "-z", "--cached", "--", ...folders];

/** `<mode> <object> <stage> TAB <path> NUL` of everything in the index. */
export const stagedEntriesArgs = () => ["ls-files", "-z", "--stage"];

/** `<path> NUL filter NUL <value> NUL` for each path on standard input; `.gitattributes` are read from the index. */
export const filterAttributeArgs = () => ["check-attr", "--cached", "-z", "--stdin", "filter"];

/** Of the paths on standard input, those that the repository's ignore rules name. */
export const ignoredArgs = () => ["check-ignore", "-z", "--stdin"];

/** Prints nothing unless it is a folder. */
export const folderEntryArgs = (tree: string, folder: string) => [
	"ls-tree",
	"-d",
	"-z",
	"--full-tree",
	"--",
	tree,
	folder,
];
