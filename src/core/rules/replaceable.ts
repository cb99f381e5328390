// Whether one user can put another file in the place of one that lies in a folder, by what is known of both. Looks at nothing.

export interface Owned {
	readonly mode: number;
	readonly uid: number;
}

const STICKY = 0o1000;

/** In a sticky folder only the owners of the folder and of the file may, and root. `user` null: nobody knows who we are. */
export function isKeptBySticky(folder: Owned, file: Owned, user: number | null): boolean {
	if ((folder.mode & STICKY) === 0 || user === null) return false;
	return user !== 0 && user !== folder.uid && user !== file.uid;
}
