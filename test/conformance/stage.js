// What is judged: a real supervisor on a throw-away repository with a door over TCP, and a loopback proxy that adds the token, because the
// suite carries none. The proxy passes Host and Origin on as they came.
import { createServer, request } from "node:http";
import { closeTheatre, deadman, openTheatre, startSupervisor } from "../../fixtures/demo/theatre.js";

export async function openStage() {
	const proxy = await openProxy();
	const origin = `http://127.0.0.1:${proxy.server.address().port}`;
	const theatre = await openTheatre({
		configure(config) {
			// The suite says that it is a page of the address which it was given; any other page is refused.
			config.http = { port: 0, allowedOrigins: [origin] };
		},
	});
	await startSupervisor(theatre);
	const { secret } = await deadman(theatre, "token", "create", "judge", "--role", "builder");
	const { supervisor } = await deadman(theatre, "status");
	proxy.lead({ port: new URL(supervisor.http).port, secret });
	return {
		root: theatre.root,
		url: `${origin}/mcp`,
		async close() {
			proxy.server.closeAllConnections();
			proxy.server.close();
			await closeTheatre(theatre);
		},
	};
}

function openProxy() {
	let target = { port: 0, secret: "" };
	const server = createServer((asked, answer) => {
		const { method, url: path } = asked;
		const headers = { ...asked.headers, authorization: `Bearer ${target.secret}` };
		const sent = request({ host: "127.0.0.1", port: target.port, method, path, headers, agent: false }, (response) => {
			answer.writeHead(response.statusCode, response.headers);
			response.pipe(answer);
		});
		sent.on("error", () => answer.destroy());
		answer.on("close", () => sent.destroy());
		asked.pipe(sent);
	});
	const lead = (to) => {
		target = to;
	};
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ server, lead })));
}
