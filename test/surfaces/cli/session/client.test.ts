// The client's side of the socket: what counts as nobody there, and what as an answer.
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createClient, NotAnswered } from "../../../../src/surfaces/cli/session/client.js";
import { actorOf } from "../../../../src/surfaces/cli/session/session.js";
import { temporaryFolder } from "../../../support/temporary.js";

let server: Server | null = null;

async function serving(answer: RequestListener) {
	const socket = join(await temporaryFolder(), "deadman.sock");
	const it_ = createServer(answer);
	server = it_;
	await new Promise<void>((resolve) => it_.listen(socket, resolve));
	return createClient({ socket, actor: "cli:0" });
}

afterEach(() => {
	server?.closeAllConnections();
	server?.close();
	server = null;
});

it("gives up on a supervisor that is stopped in its tracks", async () => {
	const client = await serving(() => {});
	await expect(client.ask({ path: "/v1/status", timeoutMs: 50 })).rejects.toMatchObject({
		name: "NotAnswered",
		interrupted: true,
	});
});

it("tells an absent supervisor from one that went away", async () => {
	const absent = createClient({ socket: join(await temporaryFolder(), "none.sock"), actor: "cli:0" });
	await expect(absent.ask({ path: "/" })).rejects.toMatchObject({ interrupted: false });
	const leaving = await serving((request) => request.socket.destroy());
	await expect(leaving.ask({ path: "/" })).rejects.toBeInstanceOf(NotAnswered);
	const cut = await serving((_, response) => {
		response.writeHead(200, { "content-length": 100 });
		response.write("{");
		response.destroy();
	});
	await expect(cut.ask({ path: "/" })).rejects.toMatchObject({ interrupted: true });
});

it("sends who asks, and what", async () => {
	const client = await serving((request, response) => {
		let body = "";
		request.on("data", (insertion) => (body += insertion));
		request.on("end", () =>
			response.end(JSON.stringify({ actor: request.headers["deadman-actor"], method: request.method, body })),
		);
	});
	const answer = await client.ask({ method: "POST", path: "/", body: { a: "ä" } });
	expect(answer).toEqual({ actor: "cli:0", method: "POST", body: '{"a":"ä"}' });
});

it.each([
	[400, 2],
	[413, 2],
	[404, 3],
	[403, 4],
	[409, 5],
	[500, 1],
	[502, 1],
])("an answer with HTTP %i is exit code %i, even without our error in it", async (status, exitCode) => {
	const client = await serving((_, response) => response.writeHead(status).end("<html>"));
	await expect(client.ask({ path: "/" })).rejects.toMatchObject({ name: "Failure", exitCode });
});

it("reads lines over the borders of insertions", async () => {
	const client = await serving((_, response) => {
		response.write("one\ntw");
		response.write("o\nthree");
		response.end("\n");
	});
	const lines: string[] = [];
	await client.lines("/v1/events", (line) => lines.push(line), new AbortController().signal);
	expect(lines).toEqual(["one", "two", "three"]);
});

it("refuses a socket path that the system would cut", async () => {
	const client = createClient({ socket: `/${"x".repeat(200)}`, actor: "cli:0" });
	await expect(client.ask({ path: "/" })).rejects.toMatchObject({ exitCode: 2, view: { code: "path_too_long" } });
});

it("speaks for a builder inside of a supervised program", () => {
	expect(actorOf({}, "operator")).toMatch(/^cli:\d+$/);
	expect(actorOf({ DEADMAN_TOKEN: "t" }, "operator")).toMatch(/^builder:\d+$/);
});

it("speaks for a builder where a change is offered, so that its approver is somebody else", () => {
	expect(actorOf({}, "builder")).toMatch(/^builder:\d+$/);
	expect(actorOf({ DEADMAN_ACTOR: "" }, "builder")).toMatch(/^builder:\d+$/);
});

it.each(["builder", "operator"] as const)("as %s speaks for the builder that the environment names", (speaker) => {
	expect(actorOf({ DEADMAN_ACTOR: "builder:claude" }, speaker)).toBe("builder:claude");
	for (const other of ["slack:U1", "cli:0", "supervisor:me", "claude", "builder:", "builder:a b", "builder:a\nb"]) {
		expect(actorOf({ DEADMAN_ACTOR: other }, speaker)).toMatchObject({ refused: true, code: "input_invalid" });
	}
});
