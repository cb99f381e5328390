// The errors run, second part: the journal cannot be opened, read or written, or the disk is full, for one life or a part of it; that
// one is killed, and the next start is sound. Injected below the program, in every thread and child of it.
import { afterAll, test } from "vitest";
import { partOf } from "../support/shard.js";
import { openCrew } from "./crew.js";
import type { Below } from "./life.js";
import { buildSysfault } from "./sysfault.js";
import { type Errno, errnos, type Hurt, type Kill, type Story } from "./trial.js";

const injector = await buildSysfault();
afterAll(() => injector.close());
const crew = await openCrew("errors below the program, around the journal");

interface Row {
	readonly name: string;
	readonly story: Story;
	readonly hurts: readonly Hurt[];
	readonly asking: "card" | "verb";
}

const stateFolder = ".deadman";
const journal = `${stateFolder}/state.db`;
const wal = `${journal}-wal`;

function below(path: string, errno: Errno, more: Partial<Below> = {}): Below {
	const plan = { path, errno, calls: "writes", lasting: true, at: 1, from: "start" } as const;
	return { injector: injector.path, ...plan, ...more };
}

/** Where a life before the hurt one was killed, and what the story's people want. */
const deaths: readonly { readonly what: string; readonly story: Story; readonly kill: Kill }[] = [
	{ what: "after an acknowledged confirm", story: "confirm", kill: "verdict" },
	{ what: "on trial", story: "rollback", kill: "trial" },
	{ what: "on trial, confirmed later", story: "confirm", kill: "trial" },
	{ what: "after an acknowledged rollback", story: "rollback", kill: "verdict" },
	{ what: "in the middle of a rollback", story: "rollback", kill: "afterVerdict" },
];

/** What a start meets. A full disk takes no byte anywhere in the state folder. */
function starts(errno: Errno): readonly { readonly what: string; readonly below: Below }[] {
	const found = [
		{ what: "cannot open the journal", below: below(journal, errno) },
		{ what: "cannot open the journal once", below: below(journal, errno, { lasting: false }) },
		{ what: "cannot read the journal", below: below(journal, errno, { calls: "reads", at: 2 }) },
		{ what: "cannot write the journal", below: below(wal, errno) },
	];
	if (errno === "ENOSPC") {
		found.push({ what: "finds the disk full", below: below(stateFolder, errno, { calls: "space" }) });
	}
	if (errno === "EIO") found.push({ what: "cannot write the state folder", below: below(stateFolder, errno) });
	return found;
}

function* rowsOf(): Generator<Row> {
	for (const death of deaths) {
		for (const errno of errnos) {
			for (const start of starts(errno)) {
				const name = `${death.what}, a start that ${start.what} (${errno})`;
				const hurts = [{ kill: death.kill }, { below: start.below, kill: "time" }] as const;
				yield { name, story: death.story, hurts, asking: "verb" };
			}
		}
	}
	yield* emergencies();
	for (const story of ["rollback", "confirm"] as const) {
		for (const errno of errnos) {
			for (const asking of ["verb", "card"] as const) {
				for (const kill of ["verdict", "afterVerdict"] as const) {
					const name = `a ${story} by ${asking} while the journal cannot be written (${errno}), killed at ${kill}`;
					yield { name, story, hurts: [{ below: below(wal, errno, { from: "trial" }), kill }], asking };
				}
			}
		}
	}
}

/** Going back without the journal, and what it is put down in fails too, or dies. */
function* emergencies(): Generator<Row> {
	for (const kind of ["kill", ...errnos] as const) {
		for (const moment of ["before", "after"] as const) {
			const fault = { site: "emergency.append", occurrence: 1, moment, kind } as const;
			const hurt = { below: below(wal, "EIO", { from: "trial" }), fault, kill: "afterVerdict" } as const;
			const name = `a rollback without the journal, and ${kind} ${moment} emergency.append`;
			yield { name, story: "rollback", hurts: [hurt], asking: "verb" };
		}
	}
}

for (const { name, ...plan } of partOf([...rowsOf()])) {
	test.concurrent(name, async () => {
		await crew.judge(name, plan);
	});
}
