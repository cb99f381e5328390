// The arguments of bubblewrap for one confined command, as a value. Looks at no disk, runs nothing.
/** `empty`: an empty, writable folder of its own that vanishes; `nothing`: a file that reads as empty. */
export type View = "empty" | "nothing" | "readable" | "writable";

export interface Mount {
	readonly path: string;
	readonly view: View;
}

export interface SandboxRequest {
	readonly mounts: readonly Mount[];
	readonly cwd: string;
	readonly network: boolean;
	/** Each empty folder takes no more memory than this. */
	readonly maxMemoryBytes: number;
	/** Since 0.7 an empty folder can have a size. */
	readonly sized: boolean;
	/** The supervisor's user: root would keep every capability. */
	readonly root: boolean;
}

/** What installing and building as root needs among files of several users. None of them reaches out of the sandbox. */
const kept = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID"];

/** Switches of the whole machine that belong to root, whatever it may do otherwise: a core pattern alone runs programs outside. */
const switches = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr"];

export function sandboxArguments(request: SandboxRequest): string[] {
	const { cwd, network, root } = request;
	return [
		"--die-with-parent",
		"--new-session",
		"--unshare-pid",
		"--unshare-ipc",
		"--unshare-uts",
		...(network ? [] : ["--unshare-net"]),
		...(root ? ["--cap-drop", "ALL", ...kept.flatMap((name) => ["--cap-add", name])] : []),
		"--ro-bind",
		"/",
		"/",
		"--proc",
		"/proc",
		...(root ? switches.flatMap((name) => ["--ro-bind-try", `/proc/${name}`, `/proc/${name}`]) : []),
		"--dev",
		"/dev",
		...emptyFolder("/dev/shm", request),
		"--remount-ro",
		"/dev",
		...inOrder(request.mounts).flatMap((mount) => mountArguments(mount, request)),
		"--chdir",
		cwd,
		"--",
	];
}

function mountArguments({ path, view }: Mount, request: SandboxRequest): string[] {
	switch (view) {
		case "empty":
			return emptyFolder(path, request);
		case "nothing":
			return ["--dev-bind", "/dev/null", path];
		case "readable":
			return ["--ro-bind", path, path];
		case "writable":
			return ["--bind", path, path];
	}
}

function emptyFolder(path: string, { sized, maxMemoryBytes }: SandboxRequest): string[] {
	return [...(sized ? ["--size", String(maxMemoryBytes)] : []), "--tmpfs", path];
}

const strictest: readonly View[] = ["nothing", "empty", "writable", "readable"];

/** Folders before what lies in them; of two views of one path the stricter. */
function inOrder(mounts: readonly Mount[]): Mount[] {
	const byPath = new Map<string, Mount>();
	for (const mount of mounts) {
		const other = byPath.get(mount.path);
		if (other === undefined || strictest.indexOf(mount.view) < strictest.indexOf(other.view)) {
			byPath.set(mount.path, mount);
		}
	}
	return [...byPath.values()].filter(({ path }) => path !== "/").sort((a, b) => depthOf(a.path) - depthOf(b.path));
}

function depthOf(path: string): number {
	return path.split("/").length;
}
