// Opens a unix socket for an app: private from its first moment, in the place of the stale file that a dead supervisor left. The caller holds the lock.
import { chmod, readdir, rename, rm, stat } from "node:fs/promises";
import type { Server } from "node:http";
import type { ListenOptions } from "node:net";
import { basename, dirname, join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";

export interface Door {
	/** Takes no new connection and removes the socket file if it is still ours; requests in flight go on. */
	retire(): Promise<void>;
	/** Retires, and ends every connection. */
	close(): Promise<void>;
}

/** Bound under a private name and renamed, so that nobody ever meets a half-open or a readable socket. */
export async function listen(options: { readonly app: Hono; readonly path: string }): Promise<Door> {
	const { app, path } = options;
	const server = createAdaptorServer({ fetch: app.fetch }) as Server;
	const privatePath = privatePathOf(path);
	await clearLeftovers(path);
	await bind(server, { path: privatePath });
	await chmod(privatePath, 0o600);
	const { ino } = await stat(privatePath);
	await rename(privatePath, path);
	return doorOf(server, async () => {
		if ((await inodeOf(path)) === ino) await rm(path, { force: true });
	});
}

/** `leave` takes away by what the server is found. */
export function doorOf(server: Server, leave: () => Promise<void>): Door {
	let ended: Promise<void> | null = null;

	async function retire(): Promise<void> {
		await leave();
		ended ??= new Promise((resolve) => server.close(() => resolve()));
	}

	async function close(): Promise<void> {
		await retire();
		server.closeAllConnections();
		await ended;
	}

	return { retire, close };
}

/** The longest path that `listen` binds for this socket. */
export function privatePathOf(path: string): string {
	return `${path}.${process.pid}`;
}

/** Rejects with what the system says when it cannot be listened there. */
export function bind(server: Server, place: ListenOptions): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(place, () => {
			server.off("error", reject);
			resolve();
		});
	});
}

/** Private names of our own earlier lives, killed between bind and rename. */
async function clearLeftovers(path: string): Promise<void> {
	const prefix = `${basename(path)}.`;
	for (const name of await readdir(dirname(path))) {
		const pid = name.startsWith(prefix) ? name.slice(prefix.length) : "";
		if (/^\d+$/.test(pid) && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
			await rm(join(dirname(path), name), { force: true });
		}
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

async function inodeOf(path: string): Promise<number | null> {
	try {
		return (await stat(path)).ino;
	} catch {
		return null;
	}
}
