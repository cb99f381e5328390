// What `deadman doctor` finds out about the channels to people without opening one: their packages, their secrets, and whether anybody could
// be heard on them. Sends nothing.
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { SecretSource } from "../config/channels.js";
import type { Settings } from "../config/config.js";
import { type Channel, channelName, kindOf } from "../config/delivery.js";
import { trustOf } from "../core/actor.js";
import type { Finding } from "../ports/ports.js";
import { sourcesOf } from "./delivery.js";
import { secretOf } from "./secret.js";

interface Examined {
	readonly root: string;
	readonly settings: Pick<Settings, "delivery" | "people" | "program">;
}

/** One finding for each thing that is missing; one that says so where nothing is. */
export async function examineChannels({ root, settings }: Examined): Promise<Finding[]> {
	const found = await Promise.all(
		settings.delivery.map(async (channel) => [
			...(await packageFindings(channel)),
			...(await secretFindings(root, channel)),
			...peopleFindings(channel, settings.people),
			...programFindings(channel, settings.program),
		]),
	);
	const warnings = found.flat();
	if (warnings.length > 0) return warnings;
	const names = settings.delivery.map(channelName);
	const sentence =
		names.length === 0
			? "No channel is configured: only the command line tells."
			: `${names.join(", ")} can be opened.`;
	return [{ name: "channels", level: "ok", sentence, next: null }];
}

const warn = (channel: Channel, sentence: string, next: string | null): Finding => ({
	name: `channel ${channelName(channel)}`,
	level: "warn",
	sentence,
	next,
});

async function packageFindings(channel: Channel): Promise<Finding[]> {
	const needed = kindOf(channel).packages ?? [];
	const installed = await Promise.all(needed.map(isInstalled));
	const missing = needed.filter((_, at) => installed[at] === false);
	if (missing.length === 0) return [];
	const are = missing.length === 1 ? "is" : "are";
	return [
		warn(
			channel,
			`${missing.join(" and ")} ${are} not installed, so it cannot be opened.`,
			`Install beside deadman: npm install ${missing.join(" ")}`,
		),
	];
}

/** Where the import would look; the package is not loaded. */
async function isInstalled(name: string): Promise<boolean> {
	const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
	const found = await Promise.all(
		folders.map((folder) =>
			access(join(folder, name, "package.json")).then(
				() => true,
				() => false,
			),
		),
	);
	return found.includes(true);
}

async function secretFindings(root: string, channel: Channel): Promise<Finding[]> {
	const missing = await Promise.all(
		sourcesOf(channel).map((source) =>
			secretOf(root, source).then(
				() => null,
				() => source,
			),
		),
	);
	return missing.flatMap((source) => (source === null ? [] : [secretFinding(channel, source)]));
}

/** The variables that are looked at are those of whoever examines: a service may have others. */
function secretFinding(channel: Channel, { env, file }: SecretSource): Finding {
	if (env === undefined) {
		return warn(channel, `Its secret is not there: ${file} is absent, empty or unreadable.`, `Write it into ${file}.`);
	}
	const next = `Set ${env} where the supervisor is started.`;
	return warn(channel, `Its secret is not there: the variable ${env} is not set here.`, next);
}

function peopleFindings(channel: Channel, people: Settings["people"]): Finding[] {
	const { surface } = kindOf(channel);
	if (!["chat", "app"].includes(trustOf(surface))) return [];
	const identities = Object.values(people).flatMap((person) => person.identities);
	if (identities.some((identity) => identity.startsWith(`${surface}:`))) return [];
	return [
		warn(
			channel,
			`Nobody in \`people\` has an identity on ${surface}, so no click there counts.`,
			`Add "${surface}:ID" to somebody's identities; \`deadman notify test ${channelName(channel)}\` shows the ID of who presses a button.`,
		),
	];
}

function programFindings(channel: Channel, program: Settings["program"]): Finding[] {
	const found = kindOf(channel).examine?.(channel, program) ?? null;
	return found === null ? [] : [warn(channel, found.sentence, found.next)];
}
