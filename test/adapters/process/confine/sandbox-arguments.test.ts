// The arguments that confine a command, compared as values: nothing is run.
import { describe, expect, it } from "vitest";
import { limitedArgv } from "../../../../src/adapters/process/confine/confinement.js";
import { sandboxOf } from "../../../../src/adapters/process/confine/sandbox.js";
import { sandboxArguments } from "../../../../src/adapters/process/confine/sandbox-arguments.js";

describe("the arguments", () => {
	const request = { cwd: "/w/a", network: true, maxMemoryBytes: 9, sized: true, root: false, mounts: [] };

	it("mount folders before what lies in them, and of one path the stricter view", () => {
		const args = sandboxArguments({
			...request,
			mounts: [
				{ path: "/w/a/b", view: "writable" },
				{ path: "/w/key", view: "nothing" },
				{ path: "/w", view: "empty" },
				{ path: "/w/a", view: "readable" },
				{ path: "/w/a/b", view: "readable" },
				{ path: "/", view: "readable" },
			],
		});
		expect(args.slice(args.indexOf("--remount-ro") + 2).join(" ")).toBe(
			"--size 9 --tmpfs /w --dev-bind /dev/null /w/key --ro-bind /w/a /w/a --bind /w/a/b /w/a/b --chdir /w/a --",
		);
	});

	it("depend on the version, the user and the network", () => {
		expect(sandboxArguments({ ...request, sized: false })).not.toContain("--size");
		expect(sandboxArguments(request)).not.toContain("--cap-drop");
		expect(sandboxArguments({ ...request, root: true }).join(" ")).toContain("--cap-drop ALL --cap-add CAP_CHOWN");
		expect(sandboxArguments({ ...request, network: false })).toContain("--unshare-net");
		expect([sandboxOf("bubblewrap 0.6.1").sized, sandboxOf("bubblewrap 0.11.0").sized]).toEqual([false, true]);
	});

	it("set a hard limit of processes only where it counts nobody else's", () => {
		const script = (surroundings: Parameters<typeof limitedArgv>[2]) =>
			limitedArgv(["a"], { maxProcesses: 10 }, surroundings)[2];
		expect(script({ sandboxed: true, root: false, kernel: "6.1.0-13-amd64" })).toContain("ulimit -u 320");
		for (const other of [
			{ sandboxed: false, root: false, kernel: "6.1.0" },
			{ sandboxed: true, root: true, kernel: "6.1.0" },
			{ sandboxed: true, root: false, kernel: "5.10.0" },
		]) {
			expect(script(other)).not.toContain("ulimit -u");
		}
	});
});
