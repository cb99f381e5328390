// The refusals of what no release can represent, and of shared paths that say too little: a part of the table in refusals.ts, in the same shape.

export const treeRefusals = {
	shared_kind_unknown: {
		kind: "usage",
		message: "{path} is shared, but nothing lies there yet, so nobody knows whether it is a file or a folder.",
		next: 'Say which in `shared`: "{path}/" is a folder, and an entry with `path` and `kind` ("file" or "folder") says either.',
	},
	shared_kind_wrong: {
		kind: "usage",
		message: "{path} is shared as a {kind}, but a {found} lies there.",
		next: "Correct `shared` in the configuration, or move away what lies there.",
	},
	submodules_unsupported: {
		kind: "conflict",
		message: "{whose} holds submodules, which a release would have as empty folders: {paths}.",
		next: "Commit their files instead (`git rm --cached PATH`, then `git add PATH` without its `.git`), or install them as dependencies.",
	},
	filters_unsupported: {
		kind: "conflict",
		message:
			"{whose} holds files that a git filter ({filters}) turns into others at checkout: {paths}. A release runs no filter and would have them as git stores them.",
		next: "Commit them as they are used (without `filter` in .gitattributes, then `git add --renormalize .`), or take them out of git and name them in `shared`.",
	},
	repository_bare: {
		kind: "usage",
		message: "{path} is a bare repository: it has no checkout.",
		next: "Make one (`git worktree add FOLDER BRANCH`, or a clone) and run it there.",
	},
} as const;
