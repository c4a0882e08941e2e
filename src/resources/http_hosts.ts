import { addressIn, isAddress, rangeIn } from "./http_address.ts";

/** A host of a list. */
interface Listed {
  /** A name, an address or a range; as {@linkcode plain} writes it. */
  name: string;
  port: number | undefined;
}

/** The hosts of a manifest, to hold URLs and addresses against, as `--allow-net` does. */
export class HostList {
  readonly #hosts: Listed[];

  /**
   * Reads a list.
   *
   * @param hosts As a manifest writes them.
   * @throws {RangeError} If one is no host.
   */
  constructor(hosts: readonly string[]) {
    this.#hosts = hosts.map((text) => {
      const host = tryParse(text);
      if (host === undefined) throw new RangeError(`Cannot allow host "${text}": it is no host`);
      return host;
    });
  }

  /** Whether the host and port of a URL are listed. */
  allows(url: URL): boolean {
    const name = plain(url.hostname);
    return this.#some(portOf(url), (listed) => listed === name || (isAddress(name) && addressIn(name, listed)));
  }

  /** Whether a host of another list is covered: by name, by a range, and by port. */
  allowsHost(text: string): boolean {
    const host = tryParse(text);
    if (host === undefined) return false;
    const { name } = host;
    return this.#hosts.some((own) =>
      (own.port === undefined || own.port === host.port) && (own.name === name || rangeIn(name, own.name))
    );
  }

  /** Whether an address that a URL's name resolves to is itself listed, for the URL's port. */
  allowsAddress(address: string, url: URL): boolean {
    const ofLocalhost = plain(url.hostname) === "localhost" && (address === "::1" || address === "127.0.0.1");
    return this.#some(portOf(url), (listed) => addressIn(address, listed) || (ofLocalhost && listed === "localhost"));
  }

  #some(port: number, test: (name: string) => boolean): boolean {
    return this.#hosts.some((host) => (host.port === undefined || host.port === port) && test(host.name));
  }
}

/**
 * Takes a host of a manifest apart, which has been checked there, or one of the host's own options, which has not. The
 * parser of manifests is not for plugins' scopes: it would bring all that reads manifests with it.
 */
function tryParse(text: string): Listed | undefined {
  const [, name, port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+(?:\/\d{1,2})?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (name === undefined || !URL.canParse(`http://${name.replace(/\/.*/, "")}:${port ?? 80}/`)) return undefined;
  return { name: plain(name), port: port === undefined ? undefined : Number(port) };
}

/** The port of a URL. */
export function portOf(url: URL): number {
  return url.port !== "" ? Number(url.port) : url.protocol === "https:" ? 443 : 80;
}

/** Host and port of a URL, as a manifest lists them. */
export function accessTo(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** A name without the dot of the root; an IPv6 address without brackets, in its shortest spelling. */
function plain(name: string): string {
  if (!name.startsWith("[")) return name.toLowerCase().replace(/\.$/, "");
  return new URL(`http://${name}/`).hostname.slice(1, -1);
}
