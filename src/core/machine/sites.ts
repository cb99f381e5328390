// The label of every effect call. Faults are injected by site, and the crash matrix walks this table; an effect without a row cannot compile.

export const sites = {
	propose: ["freeze", "key"],
	stage: ["checkout", "install", "build", "check", "seal", "rehearse", "ballast", "ahead", "holders"],
	cutOver: ["pin", "stop", "fence", "snapshot", "flip", "exit", "start", "probe"],
	probation: ["start", "probe"],
	promote: ["branch", "unpin", "ballast"],
	rollBack: [
		"ballast",
		"stop",
		"fence",
		"restore",
		"replay",
		"mend",
		"flip",
		"exit",
		"start",
		"probe",
		"count",
		"unpin",
	],
	template: ["commit", "live"],
	tidy: ["workspace", "prune", "refs", "compact"],
	baseline: ["adopt", "checkout", "install", "build", "check", "seal", "flip", "pin"],
	keeper: ["stop", "start", "probe"],
	releases: ["register", "fill", "link", "sync", "sealed", "symlink", "rename", "liveFile"],
	privates: ["stage", "copy", "apply", "sync", "switch", "aside", "link"],
	inPlace: ["record", "outputs", "files", "index", "branch", "settle"],
	checkout: ["keep", "plan", "branch", "files", "index", "settle"],
	dependencies: ["keep", "take"],
	mail: ["click", "send", "edit"],
	emergency: ["append"],
	files: ["ahead", "reserve", "copy", "manifest", "ground", "plan", "aside", "put", "restored"],
	snapshots: ["ahead", "copy", "verify", "manifest", "begin", "open", "stage", "aside", "clear", "swapIn", "marker"],
} as const;

type Table = typeof sites;
type EffectSite = { [R in keyof Table]: `${R}.${Table[R][number]}` }[keyof Table];

/** `fact.<type>` is the append of that fact. */
export type Site = EffectSite | `fact.${string}`;

export const effectSites: readonly EffectSite[] = Object.entries(sites).flatMap(([room, names]) =>
	names.map((name) => `${room}.${name}` as EffectSite),
);
