// Which certificates this machine trusts, as the variables that tools read: passed on to every command of a stage, and readable for it.

/** Files and folders with the certificates that this machine trusts. Source: the manuals of Node, OpenSSL, curl, pip, git, npm and Yarn. */
const names = [
	"CURL_CA_BUNDLE",
	"GIT_SSL_CAINFO",
	"NODE_EXTRA_CA_CERTS",
	"NODE_USE_SYSTEM_CA",
	"PIP_CERT",
	"REQUESTS_CA_BUNDLE",
	"SSL_CERT_DIR",
	"SSL_CERT_FILE",
	"YARN_HTTPS_CA_FILE_PATH",
	"npm_config_cafile",
	"NPM_CONFIG_CAFILE",
] as const;

export function certificates(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
	return chosen(names, own);
}

/** Where they lie, so that they can be read in a sandbox. */
export function certificatePaths(own: NodeJS.ProcessEnv = process.env): string[] {
	return Object.values(certificates(own)).filter((value) => value.startsWith("/"));
}

export function chosen(names: readonly string[], own: NodeJS.ProcessEnv): Record<string, string> {
	return Object.fromEntries(names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const])));
}
