// One life of a supervisor that moves the operator's branch, from the compiled adapter. Dies at one site, or after its answer; its parent judges what is left.
import { execFileSync } from "node:child_process";
import { createRepository } from "../../../../dist/adapters/git/repository.js";
import { createCommands } from "../../../../dist/adapters/process/confine/commands.js";
import { createFiles } from "../../../../dist/adapters/system/files.js";

const { root, stateDir, request, site, moment, kind } = JSON.parse(process.argv[2]);
const quiet = () => {};

/** EXT4_IOC_SHUTDOWN without a flush of the log: the disk forgets what was not fsynced. */
function cutPower() {
	const script = 'open(my $f, "<", $ARGV[0]) or die; my $how = pack("i", 2); ioctl($f, 0x8004587d, $how) or die "$!"';
	execFileSync("perl", ["-e", script, root]);
}

async function die() {
	if (kind === "power") cutPower();
	process.kill(process.pid, "SIGKILL");
	await new Promise(() => {});
}

const repository = createRepository({
	root,
	stateDir,
	branch: "main",
	lockWaitMs: 0,
	commands: createCommands({ scrub: (text) => text }),
	files: createFiles(),
	gate: {
		around: async (at, effect) => {
			if (at === site && moment === "before") await die();
			const result = await effect();
			if (at === site && moment === "after") await die();
			return result;
		},
	},
	log: { info: quiet, warn: quiet, error: quiet },
});

const advanced = await repository.advanceBranch(request);
if (site === "end") await die();
process.stdout.write(JSON.stringify(advanced));
