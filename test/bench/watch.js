// A process of its own that asks the program every two milliseconds and prints, in wall-clock milliseconds, when it first answers
// with the wanted version. Used for cold starts and rollbacks alike, so that both are measured by the same eyes.
import { get } from "node:http";

const [port, version] = process.argv.slice(2);
const agent = false;

function ask() {
	const request = get({ host: "127.0.0.1", port: Number(port), path: "/", agent, timeout: 1_000 }, (response) => {
		let text = "";
		response.on("data", (chunk) => {
			text += chunk;
		});
		response.on("end", () => {
			if (JSON.parse(text).version === version) console.log(performance.timeOrigin + performance.now());
			else setTimeout(ask, 2);
		});
	});
	request.on("error", () => setTimeout(ask, 2));
}

process.send?.("watching");
ask();
