// The part of the configuration about who and where: agents with their private copies, people with their roles, and the policy between.
import { z } from "zod";
import { openAuthority } from "../core/people/authority.js";
import { defaultNeverWrite } from "../core/rules/never-write.js";
import { surfaces } from "./delivery.js";
import { quiet, reach } from "./routing.js";
import { command, database, deadman, filesEntry, insidePath, isManaged, noNul, program } from "./shapes.js";

/** A glob over paths of the repository: `*` within a folder, `**` over folders. */
export const patterns = z.array(noNul.min(1).max(512));

/** `!pattern` excepts what those before it forbid. */
const rule = noNul
	.min(1)
	.max(512)
	.refine((text) => !/^!\/*$/.test(text), { message: "An exception names what it excepts." });

/** Of the host: "..." stands for what is forbidden by default. */
export const neverWrite = z
	.array(rule)
	.default([...defaultNeverWrite])
	.transform((rules) => rules.flatMap((one) => (one === "..." ? [...defaultNeverWrite] : [one])));

const name = z.string().regex(/^[A-Za-z0-9][\w-]{0,39}$/, { message: "Use 1 to 40 letters, digits, `-` and `_`." });

/** As in the name of its token. */
const agentName = z.string().regex(/^[\w.@+-]{1,56}$/, { message: "Use 1 to 56 letters, digits and any of . @ + - _" });

const mapping = z.strictObject({ template: insidePath, folder: insidePath });

const target = z.strictObject({
	/** The agent's own folder: it has no template and lands in place. */
	own: insidePath.nullable().default(null),
	/** From a folder of the template to the agent's private copy of it. */
	mappings: z.array(mapping).default([]),
	neverWrite: z.array(rule).default([]),
	migrations: patterns.default([]),
	/** Null: it runs nothing of its own. */
	program: program.nullable().default(null),
	databases: z.array(database).default([]),
	files: z.array(filesEntry).default([]),
	build: command.default(null),
	checks: z.array(command).default([]),
	/** People by name, in the place of the policy's roles. */
	approvers: z.array(name).default([]),
	/** Agents whose reports are this target's, beside the one of its own name. One that no target names is the host's. */
	agents: z.array(agentName).max(100).default([]),
	/** Left out: the host's. */
	deadman: deadman.optional(),
});

export const targets = z.record(name, target).default({});

const identity = z.string().regex(new RegExp(`^(${surfaces.join("|")}):[\\w.@:+-]{1,64}$`), {
	message: 'Write surface:id, such as "cli:1000".',
});

export const people = z
	.record(
		name,
		z.strictObject({
			identities: z.array(identity).min(1),
			roles: z.array(z.enum(["owner", "admin", "approver"])).default([]),
			/** Left out: the roles count everywhere. */
			targets: z.array(name).default([]),
			/** Surfaces in the order in which the person wants to be asked there, in direct messages. */
			reach,
			/** Approvals wait until these hours are over; a card with a deadman never does. */
			quiet,
		}),
	)
	.default({});

/** Roles or names of people. */
const who = z.array(name).min(1);

function classPolicy(defaults: (typeof openAuthority)["classes"]["host"]) {
	return z.strictObject({
		approve: who.default([...defaults.approve]),
		confirm: who.default([...defaults.confirm]),
		promote: who.default([...defaults.promote]),
		approvals: z.number().int().min(1).max(10).default(defaults.approvals),
		typed: z.boolean().default(defaults.typed),
	});
}

export const policy = z
	.strictObject({
		group: classPolicy(openAuthority.classes.group).prefault({}),
		host: classPolicy(openAuthority.classes.host).prefault({}),
		/** Left out: as the host's. */
		combined: classPolicy(openAuthority.classes.combined).optional(),
		/** `required`: nobody approves what their own user proposed, and nothing starts where that cannot be told. */
		separation: z.enum(["told", "required"]).optional(),
	})
	.transform(({ group, host, combined = host, separation }) => ({
		...{ group, host, combined },
		...(separation === undefined ? {} : { separation }),
	}))
	.prefault({});

interface Named {
	readonly targets: Readonly<Record<string, z.output<typeof target>>>;
	readonly people: Readonly<Record<string, z.output<typeof people>[string]>>;
	readonly routing: { readonly escalateTo: readonly string[] };
	readonly policy: Partial<z.output<typeof policy>> & Pick<z.output<typeof policy>, "host">;
}

interface Problem {
	readonly path: string[];
	readonly message: string;
}

const roles = new Set(["owner", "admin", "approver"]);

/** What names something that is not there, and two places that would be one. Each with its path in the configuration. */
export function contradictions({ targets, people, policy, routing }: Named): readonly Problem[] {
	return [
		...targetProblems({ targets, people }),
		...peopleProblems({ targets, people }),
		...policyProblems({ people, policy }),
		...routingProblems({ people, routing }),
		...overlaps(targets),
		...agentProblems(targets),
	];
}

function targetProblems({ targets, people }: Pick<Named, "targets" | "people">): Problem[] {
	const problems: Problem[] = [];
	if (Object.hasOwn(targets, "host")) {
		problems.push({ path: ["targets", "host"], message: "The host is what the other keys describe." });
	}
	for (const [target, { approvers, own, mappings, program, databases, files }] of Object.entries(targets)) {
		for (const one of approvers.filter((one) => !Object.hasOwn(people, one))) {
			problems.push({ path: ["targets", target, "approvers"], message: `There is no ${one} among the people.` });
		}
		if (own === null && mappings.length === 0) {
			problems.push({ path: ["targets", target], message: "It has neither an own folder nor mappings." });
		}
		if (program !== null && lacksStop(program, databases.length + files.length)) {
			problems.push({
				path: ["targets", target, "program", "stop"],
				message: "Databases and files need a stop command.",
			});
		}
	}
	return problems;
}

/** What a command restarts writes on until it is stopped: no snapshot can be taken under it. */
export function lacksStop(settings: z.output<typeof program>, databases: number): boolean {
	return isManaged(settings) && settings.stop === null && databases > 0;
}

/** An identity is one person's, or nobody could tell who decided. */
function peopleProblems({ targets, people }: Pick<Named, "targets" | "people">): Problem[] {
	const problems: Problem[] = [];
	const owners = new Map<string, string>();
	for (const [name, { identities, targets: theirs }] of Object.entries(people)) {
		for (const one of theirs.filter((one) => one !== "host" && !Object.hasOwn(targets, one))) {
			problems.push({ path: ["people", name, "targets"], message: `There is no target ${one}.` });
		}
		for (const identity of identities) {
			const other = owners.get(identity);
			if (other !== undefined) {
				problems.push({ path: ["people", name, "identities"], message: `${identity} is ${other} already.` });
			}
			owners.set(identity, name);
		}
	}
	return problems;
}

/** A file more must never lower what a change needs: `combined` asks for at least what `host` does. */
function policyProblems({ people, policy }: Pick<Named, "people" | "policy">): Problem[] {
	const problems: Problem[] = [];
	const known = (who: string) => roles.has(who) || Object.hasOwn(people, who);
	for (const name of ["group", "host", "combined"] as const) {
		const rule = policy[name];
		if (rule === undefined) continue;
		for (const verb of ["approve", "confirm", "promote"] as const) {
			for (const one of rule[verb].filter((one) => !known(one))) {
				problems.push({ path: ["policy", name, verb], message: `There is no ${one} among the people and roles.` });
			}
		}
	}
	// Where a part of it is malformed already, the other is not filled in.
	const { host, combined = host } = policy;
	const more = (["approve", "confirm"] as const).filter((verb) =>
		combined[verb].some((one) => one !== "owner" && !host[verb].includes(one)),
	);
	const lower = combined.approvals < host.approvals || (host.typed && !combined.typed);
	if (more.length > 0 || lower) {
		problems.push({ path: ["policy", "combined"], message: "It asks for less than the policy of the host." });
	}
	return problems;
}

/** Nobody is written to where they have no identity. */
function routingProblems({ people, routing }: Pick<Named, "people" | "routing">): Problem[] {
	const unknown = routing.escalateTo.filter((one) => !roles.has(one) && !Object.hasOwn(people, one));
	const unreachable = Object.entries(people).flatMap(([name, { identities, reach }]) => {
		const missing = reach.filter((surface) => !identities.some((one) => one.startsWith(`${surface}:`)));
		return missing.map((surface) => ({ path: ["people", name, "reach"], message: `No identity is on ${surface}.` }));
	});
	return [
		...unknown.map((one) => ({
			...{ path: ["routing", "escalateTo"], message: `There is no ${one} among the people and roles.` },
		})),
		...unreachable,
	];
}

/** What an agent says counts for one target. */
function agentProblems(targets: Named["targets"]): Problem[] {
	const owners = new Map<string, string>([
		["host", "host"],
		...Object.keys(targets).map((name) => [name, name] as const),
	]);
	return Object.entries(targets).flatMap(([target, { agents }]) =>
		agents.flatMap((agent) => {
			const owner = owners.get(agent);
			owners.set(agent, owner ?? target);
			return owner === undefined
				? []
				: [{ path: ["targets", target, "agents"], message: `The agent ${agent} is ${owner}'s already.` }];
		}),
	);
}

function overlaps(targets: Named["targets"]): Problem[] {
	const places = Object.entries(targets).flatMap(([target, { own, mappings }]) =>
		[...(own === null ? [] : [own]), ...mappings.map(({ folder }) => folder)].map((folder) => ({ target, folder })),
	);
	const inside = (a: string, b: string) => a === b || a.startsWith(`${b}/`);
	return places.flatMap((one, index) =>
		places
			.slice(index + 1)
			.filter((other) => inside(one.folder, other.folder) || inside(other.folder, one.folder))
			.map((other) => ({
				path: ["targets", other.target],
				message: `${other.folder} and ${one.folder} of ${one.target} lie in each other.`,
			})),
	);
}
