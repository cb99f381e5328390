// What a confined command sees of the disk: resolves the paths of a confinement, and adds what is hidden from every such command.
import { realpath, stat } from "node:fs/promises";
import type { Command, Confinement } from "../../../ports/ports.js";
import type { Mount, View } from "./sandbox-arguments.js";

/** Scratch places of everybody, and the sockets of other programs, which would act for whoever asks them. */
const hidden = ["/tmp", "/var/tmp", "/run"];

/** Back again: what resolving names needs, and the libraries of some systems. */
const readable = [
	"/run/NetworkManager",
	"/run/connman",
	"/run/current-system",
	"/run/nscd",
	"/run/opengl-driver",
	"/run/resolvconf",
	"/run/systemd/resolve",
];

/** Under their real names; what is absent is left out, but a writable path must be there. */
export async function mountsOf({ cwd }: Command, confine: Confinement): Promise<Mount[]> {
	const mounts = await Promise.all([
		...[...hidden, ...confine.hidden].map((path) => mountOf(path, (folder) => (folder ? "empty" : "nothing"))),
		...[...readable, ...(confine.readable ?? []), cwd].map((path) => mountOf(path, () => "readable")),
		...confine.writable.map(async (path): Promise<Mount> => ({ path: await realpath(path), view: "writable" })),
	]);
	return mounts.filter((mount) => mount !== null);
}

async function mountOf(path: string, view: (folder: boolean) => View): Promise<Mount | null> {
	try {
		const real = await realpath(path);
		return { path: real, view: view((await stat(real)).isDirectory()) };
	} catch {
		return null;
	}
}
