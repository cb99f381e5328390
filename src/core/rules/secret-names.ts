// Which names announce a secret, by whole words: `authToken`, `api_key` and `Authorization` do; `tokenCount`, `cookieDomain` and `apiKeyName` do not.

/** A name that ends in one of these. */
const secrets = new Set(
	(
		"token secret secrets password passwords passwd passphrase credential credentials authorization cookie cookies jwt otp totp bearer " +
		"apikey apikeys apitoken apisecret authtoken accesstoken refreshtoken sessiontoken bearertoken idtoken csrftoken accesskey secretkey " +
		"privatekey signingkey encryptionkey clientsecret pgpassword dbpassword sshpass"
	).split(" "),
);

/** Secrets only behind another word: a test's `pass` and a shell's `PWD` are none. */
const secretsBehindAWord = new Set(["pass", "pwd", "auth"]);

/** `key` and `tokens` name a secret only behind one of these: a `publicKey` and `maxTokens` are none. */
const qualifiers = new Set(
	(
		"api access private secret signing encryption decryption master account auth ssh gpg pgp license deploy webhook session shared app " +
		"client hmac jwt aes refresh bearer bot user service service-account"
	).split(" "),
);

/** Words that may trail without changing what the name holds, such as `SECRET_KEY_BASE` or `password_prod`. */
const trailing = new Set(
	"value raw base plain plaintext text string hash prod production staging dev test new old current previous primary secondary backup b64 base64 encoded header".split(
		" ",
	),
);

export function isSecretName(name: string): boolean {
	const words = wordsOf(name);
	while (words.length > 1 && isTrailing(words.at(-1) ?? "")) words.pop();
	const last = words.at(-1);
	const before = words.at(-2);
	if (last === undefined) return false;
	if (secrets.has(last) || name === "_auth") return true;
	if (before === undefined) return false;
	if (secretsBehindAWord.has(last)) return before !== "old";
	return (last === "key" || last === "keys" || last === "tokens") && qualifiers.has(before);
}

function isTrailing(word: string): boolean {
	return trailing.has(word) || /^\d+$/.test(word);
}

/** `fooBar`, `foo_bar`, `foo-bar`, `foo.bar`, `FOOBar` and `foo2` are two words each. */
function wordsOf(name: string): string[] {
	return name
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
		.replace(/([a-z])(\d+)$/i, "$1 $2")
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((word) => word !== "");
}
