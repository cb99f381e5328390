// What is mounted where, as the kernel tells it, and which of it lies on another machine. Reads text, looks at nothing.

export interface Mount {
	/** Absolute. */
	readonly at: string;
	/** The file system's name, such as `ext4` or `fuse.sshfs`. */
	readonly kind: string;
}

/** Of /proc/self/mountinfo, the later above the earlier. */
export function parseMounts(text: string): Mount[] {
	return text.split("\n").flatMap((line) => {
		const [before = "", after] = line.split(" - ");
		const at = before.split(" ")[4];
		const kind = after?.split(" ")[0];
		return at === undefined || kind === undefined ? [] : [{ at: unescaped(at), kind }];
	});
}

/** Spaces and the like are written as octal digits. */
function unescaped(path: string): string {
	return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The one that a real path lies on; null where nothing is known of mounts. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
	let found: Mount | null = null;
	for (const one of mounts) {
		if (contains(one.at, path) && one.at.length >= (found?.at.length ?? 0)) found = one;
	}
	return found;
}

function contains(folder: string, path: string): boolean {
	return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

/** Those below a folder, and not the one that it lies on. */
export function mountsBelow(mounts: readonly Mount[], folder: string): readonly Mount[] {
	return mounts.filter(({ at }) => at !== folder && at.startsWith(folder === "/" ? "/" : `${folder}/`));
}

const remote =
	/^(nfs\d?|cifs|smb3?|smbfs|9p|virtiofs|afs|ceph|lustre|glusterfs|gpfs|ocfs2|gfs2|beegfs|orangefs|prl_fs|vboxsf|fuse\..*(sshfs|gluster|ceph|rclone|s3|gcs|dav|smb|nfs|juice|moose|lizard|sea|blob|drive).*|fuse\.(grpcfuse|osxfs))$/i;

/** Shared with another machine, or with the host of this one: its locks and its order of writes are not those of one machine's disk. */
export function isRemote({ kind }: Mount): boolean {
	return remote.test(kind);
}

const telling = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"]);

/**
 * Whether every write shows in a file's times, one through a mapping too, once what was written before is on disk. In memory alone that never does, and who
 * knows what others do.
 */
export function tellsWrites(mount: Mount | null): boolean {
	return mount !== null && telling.has(mount.kind);
}

/** For people: what it means for data that goes back. */
export function remoteSentence(path: string, kind: string): string {
	return `${path} lies on ${kind}, a disk of another machine: SQLite's locks may not hold there, its WAL mode works from one machine only, and a power cut may lose what was said to be written.`;
}

export const remoteRemedy =
	"Move it to a disk of this machine, or be sure that nobody else opens it and that the server keeps its word on fsync.";
