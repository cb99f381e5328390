// What a change of code costs against git and one `sync -f`: a thousand files of the operator's own checkout, and one file of three thousand in a release.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { promisify } from "node:util";
import { createInPlace } from "../../dist/adapters/git/in-place/in-place.js";
import { createReleases } from "../../dist/adapters/git/releases/releases.js";
import { createRepository } from "../../dist/adapters/git/repository.js";
import { createCommands } from "../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../dist/adapters/system/files.js";
import { openGate } from "../../dist/adapters/system/gate.js";
import { median, timed } from "./measure.js";

const execute = promisify(execFile);
const quiet = () => {};

/** A repository of `count` files of about 1.2 kB, and the ports over it. On the disk of this checkout: a temporary folder may lie in memory. */
async function ground(count) {
	const root = await mkdtemp(join(process.env.DEADMAN_BENCH_FOLDER ?? process.cwd(), ".bench-"));
	const git = async (...args) => (await execute("git", args, { cwd: root, maxBuffer: 1 << 26 })).stdout.trim();
	await git("init", "--quiet", "--initial-branch=main");
	await git("config", "user.email", "bench@example.test");
	await git("config", "user.name", "bench");
	await writeFile(join(root, ".gitignore"), "/state\n/plain\n");
	for (let index = 0; index < count; index += 1) await write(root, index, "first");
	const commit = await committed(git, "first");
	const stateDir = join(root, "state");
	await mkdir(stateDir);
	const parts = {
		root,
		stateDir,
		branch: "main",
		commands: createCommands({ scrub: (text) => text }),
		files: createFiles(),
		gate: openGate,
		log: { info: quiet, warn: quiet, error: quiet },
		settings: {
			shared: [],
			databases: [],
			install: null,
			build: null,
			checks: [],
			limits: { timeout: 60_000, output: 1 << 20 },
			program: {},
		},
	};
	const repository = createRepository(parts);
	return { root, git, commit, parts, repository, releases: createReleases(parts) };
}

async function write(root, index, text) {
	const folder = join(root, `folder-${index % 30}`);
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, `file-${index}.js`), `// ${text} ${index}\n`.padEnd(1_200, "x"));
}

async function committed(git, message) {
	await git("add", "-A");
	await git("commit", "--quiet", "-m", message);
	return git("rev-parse", "HEAD");
}

const syncFileSystem = (folder) => execute("sync", ["-f", folder]);

async function release({ repository }, id, commit) {
	const refusal = await repository.intake(commit);
	if (refusal !== null) throw new Error(refusal.message);
	return { id, commit, tree: await repository.treeOf(commit) };
}

async function stage(releases, one) {
	await releases.checkout(one);
	await releases.install(one, quiet);
	await releases.build(one, quiet);
	await releases.check(one, quiet);
	await releases.seal(one);
}

/** A thousand changed files, there and back, each time against git's own switch of a checkout between the same commits. */
export async function inPlaceChange(figure, rounds = 5) {
	const all = await ground(1_000);
	const { root, git, commit, parts, releases } = all;
	for (let index = 0; index < 1_000; index += 1) await write(root, index, "second");
	const next = await committed(git, "second");
	await git("update-ref", "refs/next", next);
	await git("reset", "--quiet", "--hard", commit);
	await git("worktree", "add", "--quiet", "--detach", join(root, "plain"), commit);
	const plain = (...args) => execute("git", ["-C", join(root, "plain"), ...args]);
	const inPlace = createInPlace({ ...parts, outputs: [], staged: releases });
	await stage(inPlace, await release(all, "base", commit));
	await inPlace.flip("base");
	const took = { there: [], back: [], git: [], held: [] };
	const loop = monitorEventLoopDelay({ resolution: 1 });
	for (let round = 0; round < rounds; round += 1) {
		const [from, to] = round % 2 === 0 ? [commit, next] : [next, commit];
		await syncFileSystem(root);
		took.git.push(
			await timed(async () => {
				await plain("read-tree", "-m", "-u", from, to);
				await syncFileSystem(root);
			}),
		);
		const id = `next-${round}`;
		await stage(
			inPlace,
			await release(
				all,
				id,
				await git("commit-tree", "-p", await git("rev-parse", "main"), "-m", id, `${next}^{tree}`).then(async (one) => {
					await git("update-ref", `refs/offered/${id}`, one);
					return one;
				}),
			),
		);
		await syncFileSystem(root);
		loop.reset();
		loop.enable();
		took.there.push(await timed(() => inPlace.flip(id)));
		await syncFileSystem(root);
		took.back.push(await timed(() => inPlace.flip("base")));
		loop.disable();
		took.held.push(loop.max / 1e6);
	}
	await rm(root, { recursive: true });
	const bare = median(took.git);
	console.log(
		`     1,000 files in place: there ${median(took.there).toFixed(0)} ms, back ${median(took.back).toFixed(0)} ms; git read-tree -m -u + sync -f ${bare.toFixed(0)} ms (medians of ${rounds}); loop held at most ${Math.max(...took.held).toFixed(1)} ms`,
	);
	figure("in-place change of 1,000 files / git read-tree -m -u + sync -f", median(took.there) / bare, 3, "x");
	figure("its way back / git read-tree -m -u + sync -f", median(took.back) / bare, 3, "x");
}

/** One changed file of three thousand, staged and sealed, against git's own change of a worktree. */
export async function stageChange(figure, rounds = 5) {
	const all = await ground(3_000);
	const { root, git, commit, releases } = all;
	await git("worktree", "add", "--quiet", "--detach", join(root, "plain"), commit);
	const plain = (...args) => execute("git", ["-C", join(root, "plain"), ...args]);
	await stage(releases, await release(all, "base", commit));
	await releases.flip("base");
	const took = { ours: [], git: [], held: [] };
	const loop = monitorEventLoopDelay({ resolution: 1 });
	let before = commit;
	// Two of them first: from then on a release is removed with each that comes, as in a supervisor that has run for a while.
	for (let round = -2; round < rounds; round += 1) {
		await write(root, round + 2, `round ${round}`);
		const next = await committed(git, `round ${round}`);
		const one = await release(all, `next-${round + 2}`, next);
		await syncFileSystem(root);
		const from = before;
		took.git.push(
			await timed(async () => {
				await plain("read-tree", "-m", "-u", from, next);
				await syncFileSystem(root);
			}),
		);
		before = next;
		await syncFileSystem(root);
		loop.reset();
		loop.enable();
		took.ours.push(await timed(() => stage(releases, one)));
		loop.disable();
		took.held.push(loop.max / 1e6);
		if (round < 0) for (const values of Object.values(took)) values.pop();
		await releases.flip(one.id);
		await releases.prune({ pinned: [], retain: 1 });
	}
	await rm(root, { recursive: true });
	console.log(
		`     one changed file of 3,000, staged: ${median(took.ours).toFixed(0)} ms; git read-tree -m -u + sync -f ${median(took.git).toFixed(0)} ms (medians of ${rounds}); loop held at most ${Math.max(...took.held).toFixed(1)} ms`,
	);
	figure(
		"stage of one changed file of 3,000 / git's own change of a worktree",
		median(took.ours) / median(took.git),
		5,
		"x",
	);
}
