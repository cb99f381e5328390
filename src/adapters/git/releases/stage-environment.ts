// The environment of a candidate's install, build and checks: named variables of the supervisor's alone, and what leads tools to their network.
import { existsSync } from "node:fs";
import { certificates, chosen } from "./stage-certificates.js";
import { toolVariables } from "./stage-confinement.js";

const passed = ["PATH", "LANG", "TZ", "USER"] as const;

const network = [
	"ALL_PROXY",
	"COREPACK_NPM_REGISTRY",
	"HTTPS_PROXY",
	"HTTP_PROXY",
	"NODE_USE_ENV_PROXY",
	"NO_PROXY",
	"NPM_CONFIG_HTTPS_PROXY",
	"NPM_CONFIG_NOPROXY",
	"NPM_CONFIG_PROXY",
	"NPM_CONFIG_REGISTRY",
	"YARN_HTTPS_PROXY",
	"YARN_HTTP_PROXY",
	"YARN_NPM_REGISTRY_SERVER",
	"all_proxy",
	"http_proxy",
	"https_proxy",
	"no_proxy",
	"npm_config_https_proxy",
	"npm_config_noproxy",
	"npm_config_proxy",
	"npm_config_registry",
] as const;

export interface Staged {
	readonly release: string;
	readonly home: string;
	/** An address with a password in it is for installs. */
	readonly installs: boolean;
}

/** All that a command of the stage sees of the supervisor's environment. What a program is given to run, its build is not. */
export function stageEnvironment({ release, home, installs }: Staged, own: NodeJS.ProcessEnv = process.env) {
	const found = toolVariables({ home: own.HOME, path: own.PATH }, existsSync);
	const ways = Object.entries(chosen(network, own)).filter(([, value]) => installs || !hasPassword(value));
	return {
		...chosen(passed, own),
		...certificates(own),
		...Object.fromEntries(ways),
		...found,
		HOME: home,
		CI: "true",
		DEADMAN_RELEASE: release,
	};
}

/** For the scrubber: an install may print where it was sent. */
export function networkPasswords(own: NodeJS.ProcessEnv = process.env): string[] {
	return Object.values(chosen(network, own)).flatMap((value) => /:\/\/[^/@:]*:([^/@]+)@/.exec(value)?.[1] ?? []);
}

function hasPassword(value: string): boolean {
	return /:\/\/[^/]*@/.test(value);
}
