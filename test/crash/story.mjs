// One life of a supervisor that plays a story to its end. A fault may be planted at one occurrence of one site: the process dies
// there, or the effect fails there. Prints the end as JSON; the parent judges.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHurt } from "./hurt.mjs";

const plan = JSON.parse(process.argv[2]);
const { root, settings, story, fault, notes, index } = plan;
const { createNonces, compose, parseConfig, phraseOf } = await import(plan.product);
const note = (name) => join(notes, name);
const hurt = createHurt(plan, note);
const by = { surface: "cli", id: "0" };
const builder = { surface: "builder", id: "0" };
/** With a key: whoever sends it again means the same swap. */
const request = { workspace: "w", summary: "Version 2", fileSummaries: {}, by: builder, idempotencyKey: "story" };
const fullMs = 2_000;

/** A trial without a fault fails where these are not the words any more. */
const yes = {
	confirm: (id) => `${id} is confirmed: the new version stays.`,
	rollback: (id) => `${id} is being rolled back.`,
};

/** Faults count from where their story begins: the baseline and the keeper come before the swap. */
let armed = story === "prepare" || existsSync(note("armed")) || /^keeper\./.test(fault?.site ?? "");
const seen = new Map();
let looks = 0;

/** The disk stays full for everything until the ballast is given back, or until the operator has freed some. */
function isFull(site) {
	if (!existsSync(note("full")) || site === "rollBack.ballast" || existsSync(note("ballast-freed"))) return false;
	return Date.now() - statSync(note("full")).mtimeMs < fullMs;
}

function planted(code) {
	return Object.assign(new Error(`${code}: planted by the crash matrix`), { code });
}

async function fire() {
	writeFileSync(note(`fired-${index}`), "");
	hurt.fired();
	if (fault.kind === "power") cutPower();
	if (fault.kind === "kill" || fault.kind === "power") {
		process.kill(process.pid, "SIGKILL");
		await new Promise(() => {});
	}
	// In the errors run the site alone fails: what a full disk does beside it is asked below the program.
	if (fault.kind === "ENOSPC" && plan.hurt === null) writeFileSync(note("full"), "");
	throw planted(fault.kind);
}

/** What goes on failing since the fault has fired, until this life is killed. */
function isFailing(site) {
	if (fault?.lasting === undefined || !existsSync(note(`fired-${index}`))) return false;
	return fault.lasting === "journal" ? site.startsWith("fact.") : site === fault.site;
}

/** EXT4_IOC_SHUTDOWN without a flush of the log: the disk forgets what was not fsynced. */
function cutPower() {
	const script = 'open(my $f, "<", $ARGV[0]) or die; my $how = pack("i", 2); ioctl($f, 0x8004587d, $how) or die "$!"';
	execFileSync("perl", ["-e", script, root]);
}

const gate = {
	async around(site, effect) {
		if (!armed) return effect();
		const occurrence = (seen.get(site) ?? 0) + 1;
		seen.set(site, occurrence);
		appendFileSync(note("trace"), `${site}#${occurrence}\n`);
		if (isFull(site)) throw planted("ENOSPC");
		const failing = isFailing(site);
		const fresh = fault?.site === site && fault.occurrence === occurrence && !existsSync(note(`fired-${index}`));
		const here = failing || fresh;
		const fail = failing ? () => Promise.reject(planted(fault.kind)) : fire;
		if (here && fault.moment === "before") await fail();
		const result = await effect();
		if (site === "rollBack.ballast") writeFileSync(note("ballast-freed"), "");
		if (here && fault.moment === "after") await fail();
		if (site.startsWith("fact.")) hurt.fact();
		return result;
	},
};

let inbox = null;
const delivery = {
	name: "memory",
	surface: "page",
	limits: { message: 4_000, pieces: 1 },
	can: {
		edit: true,
		buttons: true,
		directMessage: false,
		thread: false,
		lookup: false,
		cardCharacters: 4_000,
		refreshMs: null,
	},
	start: async (theirs) => {
		inbox = theirs;
	},
	send: async (card) => `${card.swapId}-${card.epoch}`,
	edit: async (receipt) => receipt,
	notice: async () => null,
	stop: async () => {},
	address: () => null,
};

const place = { root, stateDir: join(root, ".deadman"), settings: parseConfig(settings, "story") };
const composed = await compose(place, { gate, deliveries: [delivery] });
if (composed.refused) throw new Error(JSON.stringify(composed));
const { supervisor } = composed;
await supervisor.start();
await (story === "prepare" ? prepare() : play());

/** The baseline, and a workspace with version 2 in it. Without a baseline: asks to be started again, as an operator would. */
async function prepare() {
	const found = (await supervisor.listWorkspaces()).find(({ name }) => name === "w");
	const target = settings.targets === undefined ? "host" : "agent";
	const workspace = found ?? (await supervisor.createWorkspace({ name: "w", target, kind: "worktree" }));
	if (!workspace.refused) {
		const file = join(workspace.path, "program.cjs");
		writeFileSync(file, readFileSync(file, "utf8").replace("const VERSION = 1;", "const VERSION = 2;"));
		if (target === "agent") writeFileSync(join(workspace.path, "skills", "skill.md"), "two\n");
		execFileSync("git", ["-c", "user.name=B", "-c", "user.email=b@localhost", "commit", "--allow-empty", "-qam", "2"], {
			cwd: workspace.path,
		});
	}
	hurt.end();
	await supervisor.stop();
	process.exitCode = workspace.refused ? 75 : 0;
}

async function play() {
	armed = true;
	writeFileSync(note("armed"), "");
	const end = await follow(await submit());
	const { live } = await supervisor.status();
	const swaps = await supervisor.swaps();
	hurt.end();
	await supervisor.stop();
	if (swaps.length > 1) throw new Error(`One request became ${swaps.length} swaps.`);
	// Without a baseline an operator starts it again, as in `prepare`.
	if (end.code === "baseline_unproven") process.exitCode = 75;
	else process.stdout.write(JSON.stringify({ end, live }));
}

/** Somebody whose request failed sends it again, in every life: its key makes it the same swap. A refusal is an end. */
async function submit() {
	for (;;) {
		try {
			return await supervisor.submit(request);
		} catch {
			await pause();
		}
	}
}

/** Clicks when the card has arrived, and clicks again when the click met a fault. */
async function follow(swap) {
	if (swap.refused) return swap;
	for (;;) {
		const now = await supervisor.swap(swap.id);
		hurt.seen(now);
		if (now.status === "pending_approval") await approve(now);
		const asked = now.status === "awaiting_confirmation" && now.handshake === "message1_sent";
		if (asked && (story !== "probation" || (await hasComeBack(now)))) await decide(now);
		if (now.promotion?.state === "offered") await supervisor.promote({ id: now.id, by, epoch: null }).catch(() => null);
		if (now.promotion !== null && ["offered", "approved"].includes(now.promotion.state)) {
			await pause();
			continue;
		}
		if (now.tidied || now.status === "drafting" || now.status === "stranded") return now;
		await pause();
	}
}

async function approve(swap) {
	const request = { id: swap.id, by, epoch: null, insist: false, typed: phraseOf(swap) };
	const answer = await supervisor.approve(request).catch(() => null);
	if (answer !== null && !answer.refused) hurt.acknowledged("approve");
}

/** By the verb, as at the terminal, or on the card. A yes is an acknowledgement. */
async function decide(swap) {
	const { id } = swap;
	const verb = story === "confirm" ? "confirm" : "rollback";
	hurt.trial();
	if (plan.asking === "card") {
		const answer = await click(swap, verb);
		if (answer?.sentence === yes[verb](id)) hurt.acknowledged(verb);
		return;
	}
	const answer = await supervisor[verb]({ id, by, epoch: null, reason: "" }).catch(() => null);
	if (answer !== null && !answer.refused) hurt.acknowledged(verb);
}

/** The candidate dies once on trial, comes back by itself and is probed a while: only then somebody clicks. */
async function hasComeBack(swap) {
	if (!existsSync(note("ended"))) {
		// Before it is watched, its death is one that nobody saw: a start more, and no exit on record.
		if (!seen.has("probation.probe")) return false;
		const { program } = await supervisor.status();
		if (program.run === null) return false;
		writeFileSync(note("ended"), "");
		process.kill(program.run.pid, "SIGKILL");
	}
	if (swap.boots > 1) looks += 1;
	return looks > 15;
}

/** On the card, as a person does; a click is stored before it is judged. */
async function click({ id, epoch }, verdict) {
	const nonces = await createNonces({ file: join(root, ".deadman", "nonces.key") });
	return inbox?.click({ swapId: id, epoch, nonce: nonces.of(id, epoch), verdict, actorId: "0" }).catch(() => null);
}

function pause() {
	return new Promise((resolve) => setTimeout(resolve, 20));
}
