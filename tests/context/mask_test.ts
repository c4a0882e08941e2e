import { assert, assertEquals } from "@std/assert";
import { createMask, isSecretField, maskSecrets, maskText, secretsOf } from "../../src/context/mod.ts";

const SECRET_NAMES = [
  ...[
    "api_key",
    "apiKey",
    "API_KEY",
    "api-key",
    "x-api-key",
    "apikey",
    "APIKEY",
    "openai_api_key",
    "apiKeys",
    "api_key_2",
  ],
  ...["password", "PASSWORD", "dbPassword", "db_password", "dbpassword", "password2", "passwd", "pwd", "smtp_pass"],
  ...["passphrase", "sshPassphrase", "password_hash", "passwordHash", "old_password", "password_old"],
  ...["secret", "client_secret", "clientSecret", "clientSecretV2", "CLIENT_SECRET", "clientsecret", "webhook-secret"],
  ...["secrets", "secret_value", "secret_id", "secret_access_key", "AWS_SECRET_ACCESS_KEY", "awsSecretAccessKey"],
  ...["token", "auth_token", "authToken", "accessToken", "accesstoken", "GITHUB_TOKEN", "oauth2_token", "OAuthToken"],
  ...["tokens", "api_tokens", "refreshTokens", "bearer", "jwt", "nextPageToken"],
  ...["private_key", "privateKey", "private_key_pem", "signing_key", "encryptionKey", "licenseKey", "primary_key"],
  ...[
    "credentials",
    "credential",
    "awsCredentials",
    "creds",
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "Set-Cookie",
  ],
  ...[
    "dsn",
    "sentryDsn",
    "connection_string",
    "connectionString",
    "ConnectionString",
    "basic_auth",
    "llm.openai.api_key",
  ],
  ...["ключ_api_key", "any_key", "myKey"],
];

const OPEN_NAMES = [
  ...[
    "",
    "key",
    "keys",
    "Key",
    "keyboard",
    "monkey",
    "turkey",
    "hotkey",
    "key_id",
    "access_key_id",
    "key_file",
    "keyValue",
  ],
  ...[
    "token_count",
    "max_tokens",
    "maxTokens",
    "num_tokens",
    "completion_tokens",
    "tokenizer",
    "token_url",
    "tokenLimit",
  ],
  ...[
    "eos_token",
    "pad_token",
    "stopToken",
    "public_key",
    "partition_key",
    "sortKey",
    "foreign_key",
    "idempotency_key",
  ],
  ...["passport", "bypass", "compass", "passenger", "secretary", "password_file", "secret_name", "api_key_env"],
  ...["auth_secret_env", "auth", "author", "url", "size", "name", "user", "session", "pin", "seed", "___", "пароль"],
];

Deno.test("these are names of secrets", () => {
  assertEquals(SECRET_NAMES.filter((name) => !isSecretField(name)), []);
});

Deno.test("these are not names of secrets", () => {
  assertEquals(OPEN_NAMES.filter(isSecretField), []);
});

Deno.test("a name of any length is judged by its end", () => {
  assert(isSecretField(`${"A".repeat(1_000_000)}_api_key`));
  assert(!isSecretField(`api_key_${"1".repeat(1_000_000)}x`));
  assert(!isSecretField("aA".repeat(1_000_000)));
});

const CONFIG = {
  url: "https://example.com/v1",
  api_key: "sk-1234567890",
  retries: 3,
  db: { url: "postgres://app:p%40ssw0rd@db:5432/x", pool: [1, 2], password: 987654 },
  headers: [{ Authorization: "Bearer abcdef" }],
  credentials: { user: "alice", nested: [{ pin: "0000", on: true, none: null, empty: "" }] },
  token: "",
  secret: null,
  require_password: true,
};

Deno.test("configuration is shown without its secrets, and the rest as it is", () => {
  assertEquals(maskSecrets(CONFIG), {
    url: "https://example.com/v1",
    api_key: "***",
    retries: 3,
    db: { url: "postgres://app:***@db:5432/x", pool: [1, 2], password: "***" },
    headers: [{ Authorization: "***" }],
    credentials: { user: "***", nested: [{ pin: "***", on: true, none: null, empty: "" }] },
    token: "",
    secret: null,
    require_password: true,
  });
});

Deno.test("masking copies, and leaves what it was given alone", () => {
  const before = structuredClone(CONFIG);
  const masked = maskSecrets(CONFIG);
  (masked.db as { pool: number[] }).pool.push(3);
  assertEquals(CONFIG, before);
});

Deno.test("the secrets of configuration are listed once, longest first, without the very short", () => {
  assertEquals(secretsOf({ ...CONFIG, again: { api_key: "sk-1234567890" }, my_key: "abc" }), [
    "Bearer abcdef",
    "sk-1234567890",
    "p%40ssw0rd",
    "p@ssw0rd",
    "987654",
    "alice",
    "0000",
  ]);
});

Deno.test("a secret URL is masked whole, and its password also alone", () => {
  const config = { dsn: "postgres://app:hunter22@db/x" };
  assertEquals(maskSecrets(config), { dsn: "***" });
  assertEquals(secretsOf(config), ["postgres://app:hunter22@db/x", "hunter22"]);
});

Deno.test("a password that is no percent-encoding is masked as it is", () => {
  assertEquals(maskSecrets({ url: "amqp://a:100%@b@host" }), { url: "amqp://a:***@host" });
  assertEquals(secretsOf({ url: "amqp://a:100%@b@host" }), ["100%@b"]);
});

Deno.test("what is no JSON value is shown as its class, never as what it holds", () => {
  class Vault {
    password = "hunter22";
  }
  const config = { vault: new Vault(), at: new Date(0), f: () => "hunter22", url: new URL("a://b:c@d"), m: new Map() };
  assertEquals(maskSecrets(config), { vault: "[Vault]", at: "[Date]", f: "[Function]", url: "[URL]", m: "[Map]" });
});

Deno.test("configuration deeper than any stack is masked", () => {
  let config: Record<string, unknown> = { password: "hunter22" };
  for (let depth = 0; depth < 200_000; depth++) config = { a: config };
  assertEquals(secretsOf(config), ["hunter22"]);
  let masked = maskSecrets(config);
  while ("a" in masked) masked = masked.a as Record<string, unknown>;
  assertEquals(masked, { password: "***" });
});

Deno.test("configuration that holds the same part again and again is copied once, by whether it is secret", () => {
  let part: unknown = { user: "alice" };
  for (let times = 0; times < 60; times++) part = [part, part]; // 2 ** 60 as a tree
  const masked = maskSecrets({ part, credentials: part });
  const first = (value: unknown) => {
    while (Array.isArray(value)) value = value[1];
    return value;
  };
  assertEquals(first(masked.part), { user: "alice" });
  assertEquals(first(masked.credentials), { user: "***" });
});

Deno.test("a cycle ends", () => {
  const config: Record<string, unknown> = { password: "hunter22" };
  config.self = config;
  const masked = maskSecrets(config);
  assert(masked.self === masked);
});

Deno.test("a key __proto__ stays a key", () => {
  const masked = maskSecrets(JSON.parse('{"__proto__":{"password":"hunter22"}}'));
  assertEquals(JSON.stringify(masked), '{"__proto__":{"password":"***"}}');
  assertEquals(Object.getPrototypeOf(masked), Object.prototype);
});

const PEM = '-----BEGIN "KEY"-----\nabc\\def/ghi+jkl=\n-----END-----';
const SHOWN: [title: string, text: string, secret: string, masked: string][] = [
  ["as it is", "key is hunter22!", "hunter22", "key is ***!"],
  ["several times", "hunter22 hunter22", "hunter22", "*** ***"],
  ["in JSON", `{"k":${JSON.stringify(PEM)}}`, PEM, '{"k":"***"}'],
  ["in a URL", `/x?k=${encodeURIComponent("a b/c&d")}&e`, "a b/c&d", "/x?k=***&e"],
  ["in a form", `k=${new URLSearchParams({ k: "a b/c~d" })}`, "a b/c~d", "k=k=***"],
  ["in a URL of lower-case codes", "/x?k=a%2fb%26c", "a/b&c", "/x?k=***"],
  ["in a path", encodeURI("/päth/x y"), "päth/x y", "/***"],
  ["in base64", `k ${btoa("hunter22")}.`, "hunter22", "k ***."],
  ["as a lone surrogate", "a \ud800bcd z", "\ud800bcd", "a *** z"],
  ["not at all", "nothing here", "hunter22", "nothing here"],
  ["in an empty text", "", "hunter22", ""],
];

for (const [title, text, secret, masked] of SHOWN) {
  Deno.test(`a secret is masked in text: ${title}`, () => assertEquals(maskText(text, [secret]), masked));
}

for (const before of ["", "u", "us", "use", "user:"]) {
  Deno.test(`base64 of more than the secret shows no character that is the secret's alone: after "${before}"`, () => {
    const masked = maskText(`Basic ${btoa(`${before}hunter22-hunter22:after`)}.`, ["hunter22-hunter22"]);
    assert(masked.includes("***"), masked);
    const shown = Math.ceil((before.length + 17 + 6) / 3) * 4 - 22; // 17 bytes have 22 characters of their own
    assert(masked.length <= "Basic ***.".length + shown, masked);
  });
}

Deno.test("base64 for URLs is masked", () => {
  const secret = "??>>??>>~~";
  const masked = maskText(new TextEncoder().encode(secret).toBase64({ alphabet: "base64url", omitPadding: true }), [
    secret,
  ]);
  assert(masked.startsWith("***") && masked.length <= 4, masked);
});

Deno.test("secrets that overlap are masked together", () => {
  assertEquals(maskText("-abcdefghi-", ["abcdef", "defghi"]), "-***-");
  assertEquals(maskText("-defghiabcdef-", ["abcdef", "defghi"]), "-******-");
  assertEquals(maskText("-abcabcabcab-", ["abcabc"]), "-***ab-");
  assertEquals(maskText("aaaaaaaaa", ["aaaa"]), "***");
  assertEquals(maskText("secret-long secret", ["secret", "secret-long"]), "*** ***");
});

Deno.test("no secret, or an empty one, masks nothing", () => {
  assertEquals(maskText("text", []), "text");
  assertEquals(maskText("text", [""]), "text");
});

Deno.test("a hostile text and secret take linear time", () => {
  const mask = createMask(["a".repeat(20_000), `b${"a".repeat(20_000)}`]);
  assertEquals(mask("a".repeat(2_000_000)), "***"); // a search for each occurrence would take minutes
  assertEquals(mask("ab".repeat(1_000_000)).length, 2_000_000);
});
