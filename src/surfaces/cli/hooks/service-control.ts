// Which commands control services, or decide swaps: what a builder's shell must leave to the supervisor and to people. Pure. It keeps
// accidents out; a builder that means to get around it can, and the supervisor's own authority is what stops it.
import { type Run, runsIn } from "./unwrapped.js";

type Rule = (words: readonly string[], fed: boolean) => boolean;

/** The first sentence that applies; null where nothing forbids the script. */
export function forbidsScript(script: string): string | null {
	for (const run of runsIn(script)) {
		const reason = forbids(run);
		if (reason !== null) return reason;
	}
	return null;
}

function forbids({ words: [name, ...rest], fed }: Run): string | null {
	const shown = [name, ...rest].join(" ").slice(0, 120);
	if (name === "deadman" && decides(rest)) {
		return `\`${shown}\` is for people: a builder proposes and follows a swap, and never decides it.`;
	}
	if (/^(?:curl|wget|nc|ncat|socat)$/.test(name) && rest.some((word) => word.includes("deadman.sock"))) {
		return `\`${shown}\` talks to the supervisor past its commands. Use the MCP tools, or \`deadman status\` and \`deadman wait\`.`;
	}
	if (!(Object.hasOwn(rules, name) && rules[name]?.(rest, fed))) return null;
	return `\`${shown}\` controls a service. The supervisor alone starts and stops the program: propose the change (request_swap, or \`deadman submit\`), and it is restarted with it.`;
}

const deciding = new Set([
	"approve",
	"confirm",
	"reject",
	"rollback",
	"extend",
	"promote",
	"keep",
	"token",
	"run",
	"init",
]);

function decides(words: readonly string[]): boolean {
	const [verb = "", ...rest] = operands(words, /^--dir$/);
	if (verb === "submit" || verb === "propose") return words.includes("--insist");
	return deciding.has(verb) || (verb === "data" && (rest[0] === "replay" || rest[0] === "drop"));
}

/** Without options and their values. */
function operands(words: readonly string[], valued: RegExp = /^$/): string[] {
	const left: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] ?? "";
		if (!word.startsWith("-")) left.push(word);
		else if (valued.test(word)) at += 1;
	}
	return left;
}

/** All verbs but those that only read. */
const allBut =
	(reading: RegExp, valued?: RegExp): Rule =>
	(words) => {
		const [verb] = operands(words, valued);
		return verb !== undefined && !reading.test(verb);
	};

const any: Rule = (words) => !words.some((word) => /^--?(?:help|version|V)$/.test(word));

const containers: Rule = (words) => {
	const [first = "", ...rest] = operands(words, /^(?:-[Hlcf]|--(?:host|context|config|file|project-name|log-level))$/);
	if (first === "compose") return composed(words.slice(words.indexOf("compose") + 1));
	const verb = first === "container" ? (rest[0] ?? "") : first;
	if (/^(?:stack|service|swarm)$/.test(first)) return !/^(?:ls|ps|inspect|logs)$/.test(rest[0] ?? "ls");
	if (verb === "rm") return words.some((word) => /^(?:-\w*f\w*|--force)$/.test(word));
	return /^(?:start|stop|restart|kill|pause|unpause|rename|update)$/.test(verb);
};

const composed = (words: readonly string[]): boolean => {
	const [verb = ""] = operands(words, /^(?:-[fp]|--(?:file|project-name|project-directory|profile|env-file))$/);
	return /^(?:up|down|start|stop|restart|kill|pause|unpause|rm|scale|watch)$/.test(verb);
};

/** A shell's own jobs are its own business, and signal 0 only asks. */
const signals: Rule = (words, fed) => {
	if (words.some((word) => /^-(?:[lLt]|-list|-table|0|-help|-version)$/.test(word))) return false;
	const at = words.findIndex((word) => /^(?:-[sn]|--signal)$/.test(word));
	if (at >= 0 && words[at + 1] === "0") return false;
	const named = words.filter((word, index) => !/^-\w/.test(word) && word !== "--" && (at < 0 || index !== at + 1));
	const negative = words.slice(1).some((word) => /^-\d+$/.test(word));
	if (named.length === 0 && !negative) return fed;
	return negative || !named.every((word) => /^(?:%.*|\$!|\$\{!\}|\$\(jobs -p\))$/.test(word));
};

const byName: Rule = (words, fed) => {
	if (words.some((word) => /^-(?:0|l|-list|-help|-version|V)$/.test(word))) return false;
	return fed || words.length > 0;
};

const reads = {
	systemctl: /^(?:status|show|cat|help|list-.*|is-.*|get-default|show-environment)$/,
	supervisorctl: /^(?:status|tail|maintail|avail|pid|version|help)$/,
	pm2: /^(?:list|ls|l|ps|status|jlist|prettylist|logs?|show|info|describe|desc|monit|id|pid|env|report|ping|conf|get|help)$/,
	launchctl: /^(?:list|print.*|blame|help|version|hostinfo|procinfo|error|dumpstate|getenv|managername)$/,
};

const systemctlValued = /^(?:-[HMtpnosP]|--(?:host|machine|type|property|lines|output|signal|state|root))$/;

const rules: Readonly<Record<string, Rule>> = {
	systemctl: allBut(reads.systemctl, systemctlValued),
	service: (words) => {
		const [name, verb] = operands(words);
		return name !== undefined && verb !== undefined && verb !== "status";
	},
	"rc-service": (words) => operands(words).length > 1 && operands(words)[1] !== "status",
	sv: allBut(/^(?:status|s)$/, /^-w$/),
	"s6-svc": any,
	"s6-rc": allBut(/^(?:list|listall|help)$/),
	initctl: allBut(/^(?:list|status|version|help)$/),
	launchctl: allBut(reads.launchctl),
	supervisorctl: allBut(reads.supervisorctl, /^(?:-[csup]|--(?:configuration|serverurl|username|password))$/),
	pm2: allBut(reads.pm2),
	forever: allBut(/^(?:list|logs|columns|config|help)$/),
	monit: allBut(/^(?:status|summary|report|validate|procmatch)$/),
	kill: signals,
	pkill: byName,
	killall: byName,
	killall5: any,
	skill: byName,
	fuser: (words) => words.some((word) => /^(?:-[a-z0-9]*k[a-z]*|--kill)$/i.test(word)),
	docker: containers,
	podman: containers,
	nerdctl: containers,
	"docker-compose": composed,
	"podman-compose": composed,
	kubectl: (words) => {
		const [verb = "", second = ""] = operands(words, /^(?:-[nlf]|--(?:namespace|context|kubeconfig))$/);
		return (
			/^(?:delete|scale|drain)$/.test(verb) || (verb === "rollout" && /^(?:restart|undo|pause|resume)$/.test(second))
		);
	},
	reboot: any,
	shutdown: any,
	halt: any,
	poweroff: any,
	telinit: any,
	init: (words) => /^[0-6sSqQ]$/.test(words[0] ?? ""),
};
