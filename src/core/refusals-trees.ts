// The refusals of what no release can represent, and of shared paths that say too little: a part of the table in refusals.ts, in the same shape.

export const treeRefusals = {
	shared_kind_unknown: {
		kind: "usage",
		message: "{path} is shared, but nothing lies there yet, so nobody knows whether it is a file or a folder.",
		next: 'Write it in `shared` as "{path}/" if it is a folder, or as { "path": "{path}", "kind": "file" } if it is a file.',
	},
	shared_kind_wrong: {
		kind: "usage",
		message: "{path} is shared as a {kind}, but a {found} lies there.",
		next: "Correct `shared` in the configuration, or move away what lies there.",
	},
} as const;
