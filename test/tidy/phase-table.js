// The table of phases as Markdown, made from the rows in src/core/machine/phases.ts. ARCHITECTURE shows it between two markers.

const ruleNames = { keep: "keep", redo: "redo", undo: "undo", ask: "ask a human" };

/** @param {Readonly<Record<string, import("../../src/core/machine/phases.js").Phase>>} phases */
export function phaseTable(phases) {
	const head = [
		"| status | step that runs | after a crash | live touched | where each fact leads |",
		"|---|---|---|---|---|",
	];
	return [...head, ...grouped(phases).map(([names, phase]) => row(names, phase))].join("\n");
}

/** Statuses with the same row share a line. */
function grouped(phases) {
	const groups = new Map();
	for (const [name, phase] of Object.entries(phases)) {
		const key = JSON.stringify(phase);
		const [names] = groups.get(key) ?? [[]];
		groups.set(key, [[...names, name], phase]);
	}
	return [...groups.values()];
}

function row(names, { step, afterCrash, liveTouched, on }) {
	const cells = [
		names.map((name) => `\`${name}\``).join(", "),
		step ?? "none",
		ruleNames[afterCrash],
		liveTouched ? "yes" : "no",
		leads(on),
	];
	return `| ${cells.join(" | ")} |`;
}

function leads(on) {
	const targets = [...new Set(Object.values(on))];
	if (targets.length === 0) return "–";
	const factsTo = (target) => Object.keys(on).filter((fact) => on[fact] === target);
	return targets.map((target) => `${factsTo(target).join(", ")} → \`${target}\``).join("; ");
}

const place = /<!-- phases -->\n[\s\S]*?<!-- \/phases -->/;

/** The text with its table made anew. Throws where the markers are missing: then nothing would be compared. */
export function withTable(text, table) {
	if (!place.test(text)) throw new Error("The text has no <!-- phases --> … <!-- /phases --> markers.");
	return text.replace(place, () => `<!-- phases -->\n${table}\n<!-- /phases -->`);
}
