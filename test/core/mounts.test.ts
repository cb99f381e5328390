// What the kernel says of mounts, as it writes it.
import { expect, it } from "vitest";
import { isRemote, mountOf, mountsBelow, parseMounts } from "../../src/core/mounts.js";

const text = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /srv/my\\040data rw - nfs4 server:/export rw
31 22 0:26 / /srv/my\\040data/local rw shared:2 master:1 - xfs /dev/vdb rw
32 22 254:0 /volume/app.db /srv/app/data/app.db rw - ext4 /dev/vda rw
33 22 0:27 / /mnt rw - fuse.sshfs a@b: rw
no mount at all
`;
const mounts = parseMounts(text);

it("is read with its escapes, whatever else stands in a line", () => {
	expect(mounts.map(({ at, kind }) => `${at} ${kind}`)).toEqual([
		"/ ext4",
		"/srv/my data nfs4",
		"/srv/my data/local xfs",
		"/srv/app/data/app.db ext4",
		"/mnt fuse.sshfs",
	]);
});

it("tells what a path lies on, and what lies below it", () => {
	expect(mountOf(mounts, "/srv/my data/app.db")?.kind).toBe("nfs4");
	expect(mountOf(mounts, "/srv/my database")?.kind).toBe("ext4");
	expect(mountOf(mounts, "/srv/my data/local/app.db")?.kind).toBe("xfs");
	expect(mountOf([], "/srv")).toBeNull();
	expect(mountsBelow(mounts, "/srv/app").map(({ at }) => at)).toEqual(["/srv/app/data/app.db"]);
	expect(mountsBelow(mounts, "/srv/app/data/app.db")).toEqual([]);
	expect(mountsBelow(mounts, "/")).toHaveLength(4);
});

it.each([
	"nfs",
	"nfs4",
	"cifs",
	"smb3",
	"9p",
	"virtiofs",
	"ceph",
	"fuse.sshfs",
	"fuse.rclone",
	"fuse.s3fs",
	"fuse.glusterfs",
])("%s lies on another machine", (kind) => expect(isRemote({ at: "/", kind })).toBe(true));
it.each(["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "fuseblk", "fuse.ntfs-3g"])("%s does not", (kind) =>
	expect(isRemote({ at: "/", kind })).toBe(false),
);
