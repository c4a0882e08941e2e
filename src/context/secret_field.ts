/** The end of a name decides; a longer one costs no more. */
const LONGEST_NAME = 256;

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Secret as the last word of a name. */
const SECRET = /* @__PURE__ */ words(
  "password passwords passwd passwds pwd pwds pass passphrase passphrases passcode passcodes passkey secret secrets " +
    "token tokens credential credentials cred creds authorization cookie cookies jwt bearer dsn apikey apikeys",
);

/** Secret as the last two words of a name. */
const SECRET_PAIRS = /* @__PURE__ */ words(
  "secret_id connection_string conn_str conn_string basic_auth proxy_auth http_auth",
);

/** Secret as the end of a last word whose parts nothing divides: `dbpassword`, `accesstoken`. Not `monkey`, `tokenizer`. */
const SECRET_END =
  /(?:password|passwd|passphrase|secret|credentials?|(?:api|app|auth|access|secret|private|signing|encryption|master|license)keys?|(?:access|api|app|auth|bearer|bot|csrf|id|refresh|session|user|xsrf)tokens?)$/;

/**
 * `*_key`s that name a place in data, or what anybody may know; their values are words that text is full of. Not
 * `primary_key`: so Azure calls the secret of an account.
 */
const OPEN_KEYS = /* @__PURE__ */ words(
  "foreign partition sort public unique composite shard routing cache idempotency row group index natural",
);

/** `*_token`s of language models: texts that mark a place. */
const OPEN_TOKEN = /* @__PURE__ */ words("pad eos bos unk sep cls mask stop start end special image");

/** `*_tokens` that are secrets; all others count what a language model reads and writes. */
const SECRET_TOKENS = /* @__PURE__ */ words(
  "access api app auth bearer bot csrf device id push refresh secret service session user xsrf",
);

/** Words after the one that decides, which say only how or which. */
const DECORATION = /* @__PURE__ */ words(
  "value values base b pem hex plain plaintext raw hash hashed encoded encrypted old new v",
);

/**
 * Whether a field's value is a secret, by its name: in snake, kebab, camel or upper case, with or without words before.
 * The last word decides: `api_key` and `auth_token` are, `key`, `token_count`, `api_key_env` are not.
 *
 * @param name The field's name.
 */
export function isSecretField(name: string): boolean {
  const parts = name.slice(-LONGEST_NAME)
    .split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|[^\p{L}\p{N}]+/u)
    .map((part) => part.toLowerCase().replace(/[0-9]+$/, "")).filter((part) => part !== "");
  while (parts.length > 1 && DECORATION.has(parts.at(-1)!)) parts.pop();
  const last = parts.at(-1) ?? "";
  const before = parts.at(-2);
  if (last === "key" || last === "keys") return before !== undefined && !OPEN_KEYS.has(before);
  if (last === "token" && before !== undefined) return !OPEN_TOKEN.has(before);
  if (last === "tokens" && before !== undefined) return SECRET_TOKENS.has(before);
  return SECRET.has(last) || SECRET_END.test(last) || SECRET_PAIRS.has(`${before}_${last}`);
}
