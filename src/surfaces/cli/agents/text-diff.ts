// Two versions of a text as one hunk of a unified diff: the lines that differ, and a few around them. For people; nothing applies it.

const around = 2;

interface Versions {
	readonly path: string;
	readonly before: string | null;
	readonly after: string | null;
}

export function textDiff({ path, before, after }: Versions): string {
	if (before === after) return "";
	const [old, now] = [linesOf(before), linesOf(after)];
	const most = Math.min(old.length, now.length);
	let head = 0;
	while (head < most && old[head] === now[head]) head += 1;
	let tail = 0;
	while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
	const first = Math.max(0, head - around);
	const last = Math.max(0, tail - around);
	const [oldCount, newCount] = [old.length - first - last, now.length - first - last];
	return [
		`--- ${before === null ? "/dev/null" : path}`,
		`+++ ${after === null ? "/dev/null" : path}`,
		`@@ -${range(first, oldCount)} +${range(first, newCount)} @@`,
		...old.slice(first, head).map((line) => ` ${line}`),
		...old.slice(head, old.length - tail).map((line) => `-${line}`),
		...now.slice(head, now.length - tail).map((line) => `+${line}`),
		...old.slice(old.length - tail, old.length - last).map((line) => ` ${line}`),
	]
		.map((line) => line.replace(/\r$/, ""))
		.join("\n");
}

function range(first: number, count: number): string {
	return `${count === 0 ? first : first + 1},${count}`;
}

function linesOf(text: string | null): string[] {
	if (text === null || text === "") return [];
	return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
