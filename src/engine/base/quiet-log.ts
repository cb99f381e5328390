// A log that never throws: whoever writes a line goes on, whatever becomes of it (F36).
import type { Log } from "../../ports/ports.js";

export function quietLog(log: Log): Log {
	const safely = (level: keyof Log): Log["info"] => {
		return (event, details) => {
			try {
				log[level](event, details);
			} catch {
				// There is nowhere left to say it.
			}
		};
	};
	return { info: safely("info"), warn: safely("warn"), error: safely("error") };
}
