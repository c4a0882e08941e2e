import type { RegistryUrls } from "./registry_client.ts";

/**
 * What a process that downloads may inherit: registries, proxies, certificates, and what Windows needs for a socket.
 * Everything else of the host's environment stays with the host.
 */
export const DOWNLOAD_VARIABLES: readonly string[] = [
  "NPM_CONFIG_REGISTRY",
  "JSR_URL",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
  "DENO_AUTH_TOKENS",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "SYSTEMROOT",
];

/**
 * The host's own values of {@linkcode DOWNLOAD_VARIABLES}, as far as it may read them. Never prompts.
 *
 * @returns Name to value.
 */
export function readDownloadVariables(): Record<string, string> {
  const values: Record<string, string> = {};
  for (const variable of DOWNLOAD_VARIABLES) {
    if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") continue;
    const value = Deno.env.get(variable);
    if (value !== undefined) values[variable] = value;
  }
  return values;
}

/**
 * The registries to use.
 *
 * @param named What the host names.
 * @param variables The host's variables, which come second.
 * @returns Both, as URLs with a slash at their end.
 * @throws {TypeError} If one is no URL.
 */
export function chooseRegistries(
  named: RegistryUrls,
  variables: Readonly<Record<string, string>>,
): Required<RegistryUrls> {
  return {
    npm: withSlash(named.npm ?? variables.NPM_CONFIG_REGISTRY ?? "https://registry.npmjs.org/"),
    jsr: withSlash(named.jsr ?? variables.JSR_URL ?? "https://jsr.io/"),
  };
}

/**
 * The whole environment of a process that downloads.
 *
 * @param variables The host's variables.
 * @param registries Where from.
 * @param home A folder of ours: Deno's caches, and instead of the user's, so that no `.npmrc` there has a say.
 */
export function downloadEnvironment(
  variables: Readonly<Record<string, string>>,
  registries: Required<RegistryUrls>,
  home: string,
): Record<string, string> {
  const inherited = Object.entries(variables).filter(([name]) => DOWNLOAD_VARIABLES.includes(name));
  return {
    ...Object.fromEntries(inherited),
    ...registryEnvironment(registries, home),
    DENO_DIR: home,
    DENO_NO_PACKAGE_JSON: "1", // one in a folder above would have a say
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/** What Deno's caches are arranged by: the same when filling and when reading, or nothing is found. */
export function registryEnvironment({ npm, jsr }: Required<RegistryUrls>, home: string): Record<string, string> {
  return { NPM_CONFIG_REGISTRY: npm, JSR_URL: jsr, HOME: home, USERPROFILE: home };
}

/** The same registries without user name and password. */
export function withoutCredentials({ npm, jsr }: Required<RegistryUrls>): Required<RegistryUrls> {
  const strip = (text: string) => Object.assign(new URL(text), { username: "", password: "" }).href;
  return { npm: strip(npm), jsr: strip(jsr) };
}

function withSlash(url: string): string {
  const { href } = new URL(url);
  return href.endsWith("/") ? href : `${href}/`;
}

/** The host of a URL with its port, as a permission names it. */
export function hostAndPort(url: string): string {
  const { host, port, protocol } = new URL(url);
  return port === "" ? `${host}:${protocol === "http:" ? 80 : 443}` : host;
}
