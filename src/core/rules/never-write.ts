// Which rule keeps a path from ever being written. A list goes from the first to the last: `!pattern` excepts what those before it forbid, such as a template of
// secrets, and never what lies in a folder that is forbidden itself.
import { compileGlob, type Glob, type Names, namesOf } from "./glob.js";
import { foldedRule, formsOf, isStraight } from "./path-forms.js";

/** Files of secrets, in any folder, but for the templates that say which there are. */
export const defaultNeverWrite = [
	".env*",
	"**/.env*",
	"!**/.env.example",
	"!**/.env.sample",
	"!**/.env.template",
] as const;

/** The rule as it is written, or null. What forbids is found in every form of a path, what excepts only byte for byte. */
export function neverWriteRules(
	patterns: readonly string[],
): (path: string, forms?: readonly Names[]) => string | null {
	const rules = patterns.map(compile);
	const ruleFor = (path: string, forms: readonly Names[] = formsOf(path).map(namesOf)): string | null => {
		const forbids = rules.filter(({ excepts, matches }) => !excepts && forms.some((form) => matches(form)));
		if (forbids.length === 0) return null;
		const names = namesOf(path);
		const excepted = isStraight(path) ? rules.findLastIndex(({ excepts, matches }) => excepts && matches(names)) : -1;
		const after = forbids.find((rule) => rules.indexOf(rule) > excepted);
		if (after !== undefined) return after.rule;
		const folder = path.lastIndexOf("/");
		return folder > 0 ? ruleFor(path.slice(0, folder)) : null;
	};
	return ruleFor;
}

interface Rule {
	readonly rule: string;
	readonly excepts: boolean;
	readonly matches: Glob;
}

function compile(rule: string): Rule {
	if (rule.startsWith("!")) return { rule, excepts: true, matches: compileGlob(rule.slice(1)) };
	return { rule, excepts: false, matches: compileGlob(foldedRule(rule)) };
}
