// A process of its own that asks the program every two milliseconds, and prints for how long nobody answered before the wanted version did: from the last
// answer of another one to its first.
import { get } from "node:http";

const [port, version, which] = process.argv.slice(2);
let lastMs = null;
/** The same version counts only once nobody has answered. */
let isGone = which !== "same";

function ask() {
	const askedMs = performance.now();
	const request = get(
		{ host: "127.0.0.1", port: Number(port), path: "/", agent: false, timeout: 1_000 },
		(response) => {
			let text = "";
			response.on("data", (chunk) => {
				text += chunk;
			});
			response.on("end", () => {
				if (JSON.parse(text).version === version && lastMs !== null && isGone) {
					console.log(performance.now() - lastMs);
					return;
				}
				if (lastMs === null) process.send?.("seen");
				lastMs = askedMs;
				setTimeout(ask, 2);
			});
		},
	);
	request.on("error", () => {
		isGone ||= lastMs !== null;
		setTimeout(ask, 2);
	});
}

ask();
