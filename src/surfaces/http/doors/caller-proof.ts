// Who a caller on the operators' socket is, where it says that it is somebody else than the user that the supervisor runs as: it proves its
// user by a file that it creates under a name that it was told. Whoever may open the socket is that user or root, so nothing else is asked.
import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context, MiddlewareHandler } from "hono";
import { refuse } from "../../../core/refusals.js";
import { refused } from "../base/answers.js";
import { actorHeader } from "../base/caller.js";
import { headerOf } from "../base/headers.js";
import { challengeHeader, proofHeader } from "../base/proof-headers.js";

const lifeMs = 30_000;
const most = 64;

export interface CallerProof {
	/** An empty folder of ours alone. Called before the door opens. */
	ready(): Promise<void>;
	readonly middleware: MiddlewareHandler;
}

interface Options {
	readonly folder: string;
	/** Of the supervisor. */
	readonly uid: number;
	/** Milliseconds of a clock that does not jump. */
	readonly nowMs: () => number;
}

export function createCallerProof({ folder, uid, nowMs }: Options): CallerProof {
	/** Names that were given out, with when they end; each is good once. */
	const given = new Map<string, number>();

	function challenge(): string {
		for (const [name, untilMs] of given) if (untilMs < nowMs() || given.size >= most) given.delete(name);
		const name = randomBytes(16).toString("hex");
		given.set(name, nowMs() + lifeMs);
		return join(folder, name);
	}

	async function proves(name: string, claimed: string): Promise<boolean> {
		const untilMs = given.get(name);
		given.delete(name);
		if (untilMs === undefined || untilMs < nowMs()) return false;
		const path = join(folder, name);
		const found = await lstat(path).catch(() => null);
		await rm(path, { force: true }).catch(() => {});
		// A link to, or another name of, somebody's file is no file of theirs that was created here.
		return found?.isFile() === true && found.nlink === 1 && found.size === 0 && String(found.uid) === claimed;
	}

	async function isBelieved(c: Context): Promise<boolean> {
		const claimed = /^cli:(.*)$/.exec(headerOf(c, actorHeader) ?? "")?.[1];
		if (claimed === undefined || claimed === String(uid)) return true;
		const name = headerOf(c, proofHeader) ?? "";
		return /^[0-9a-f]{32}$/.test(name) && proves(name, claimed);
	}

	return {
		async ready() {
			await mkdir(folder, { recursive: true, mode: 0o700 });
			for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
		},
		async middleware(c, next) {
			if (await isBelieved(c)) return next();
			const path = challenge();
			c.header(challengeHeader, path);
			return refused(c, refuse("identity_unproven", { actor: headerOf(c, actorHeader) ?? "", path }));
		},
	};
}
