// Asks the person at the terminal one question at a time. Where there is no terminal there is no prompt, and nobody is asked.
import { createInterface } from "node:readline";

export interface Prompt {
	/** The line that was typed, trimmed; null where the person left (end of input, Ctrl-C). */
	ask(question: string): Promise<string | null>;
}

export interface Seat {
	readonly stdin: NodeJS.ReadStream;
	readonly stderr: NodeJS.WriteStream;
}

/** Both ends must be the person's: a question that is written to a file is never read. */
export function createPrompt({ stdin, stderr }: Seat): Prompt | null {
	if (!stdin.isTTY || !stderr.isTTY) return null;
	return {
		ask(question) {
			const lines = createInterface({ input: stdin, output: stderr });
			return new Promise((resolve) => {
				lines.once("SIGINT", () => lines.close());
				lines.once("close", () => {
					stderr.write("\n");
					resolve(null);
				});
				lines.question(question, (line) => {
					lines.removeAllListeners("close");
					lines.close();
					resolve(line.trim());
				});
			});
		},
	};
}
