// Bounded disk: what the state folder holds, what of it nobody needs any more, and the packing of the supervisor's own repository. Part of the page in ports.ts.

/** Part of the state folder. */
export interface Size {
	/** `releases`, `dependencies`, `snapshots`, `discarded`, `files`, `objects`, `journal`, `logs`, `homes`, `workspaces`, `agents`, `in place`, `other`. */
	readonly name: string;
	readonly bytes: number;
	/** Entries, such as releases. */
	readonly count: number;
}

/** What is removed, or would be. */
export interface Removal {
	readonly kind: "release" | "snapshot" | "data" | "files" | "ref" | "home";
	readonly name: string;
}

export interface Needed {
	/** Swaps whose objects stay, by list and no clock. */
	readonly swaps: readonly string[];
	/** Whether a swap is on record. One that is not may be a proposal that is being prepared: its refs stay for some minutes. */
	readonly isKnown: (swapId: string) => Promise<boolean>;
	/** Of the stand-ins of undone changes, the newest so many stay. */
	readonly standIns: number;
	/** Looks only. */
	readonly dry: boolean;
}

export interface Upkeep {
	/** Largest first. Takes a walk through the state folder. */
	sizes(): Promise<readonly Size[]>;
	/** Refs of the own repository that nothing needs, and homes of commands that no longer run. To be called while no swap is staged. */
	tidy(needed: Needed): Promise<readonly Removal[]>;
	/**
	 * Packs the own repository where it has grown, and removes objects that nothing has reached for a day: at low priority, for a bounded time, and
	 * only as long as no other git of ours starts there, which ends it at once. Answers whether it ran to its end. Leaves nothing half done.
	 */
	compact(signal: AbortSignal): Promise<boolean>;
}
