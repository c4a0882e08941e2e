/** A host of `[plugin.resources.http_client]`, taken apart. */
export interface Host {
  /** Name, IPv4 address or range, or IPv6 address in brackets. Lower case. */
  name: string;
  /** Port, when one is named. */
  port?: number;
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/;
const IPV6 = /^\[[0-9a-f:.]+\]$/;

/**
 * Reads a host. IPv4 addresses written as IPv6 (`[::ffff:127.0.0.1]`) are refused: Deno matches them as written when
 * they are allowed and as IPv4 when they are denied, so that one would undo the other.
 *
 * @param text For example `api.example.com:8080`.
 * @returns Its parts, or `undefined` when it is no host.
 */
export function tryParseHost(text: string): Host | undefined {
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  const name = match?.[1] ?? "";
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65535)) return undefined;
  if (!isHostName(name)) return undefined;
  return port === undefined ? { name } : { name, port };
}

function isHostName(name: string): boolean {
  if (IPV4.test(name)) {
    const [address, prefix] = name.split("/");
    return address!.split(".").every((part) => Number(part) <= 255 && String(Number(part)) === part) &&
      (prefix === undefined || Number(prefix) <= 32);
  }
  if (IPV6.test(name)) {
    // In its shortest spelling an address with an IPv4 one inside begins in one of these ways.
    return URL.canParse(`http://${name}/`) &&
      !/^\[(::ffff:|::[0-9a-f]+:|64:ff9b:)/.test(new URL(`http://${name}/`).hostname);
  }
  // A name whose last part is a number would be read as an IPv4 address in one of its old spellings.
  return NAME.test(name) && !/(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(name);
}

/** Whether a text is a host; see {@linkcode tryParseHost}. */
export function isHost(text: string): boolean {
  return tryParseHost(text) !== undefined;
}
