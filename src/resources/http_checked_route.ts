import { isAddress, isClosedAddress } from "./http_address.ts";
import { HttpError, type RequestName } from "./http_error.ts";
import { type HostList, portOf } from "./http_hosts.ts";
import { hostLacks, hostRefused } from "./http_refusal.ts";
import type { Router } from "./http_route.ts";
import type { CallTime } from "./http_time.ts";

/** Finds all addresses of a name, as the system does when it connects. */
export type LookUp = (name: string) => Promise<string[]>;

/** How addresses are checked. */
export interface CheckedRouterOptions {
  /** Finds addresses. @default as the system does when it connects */
  lookUp?: LookUp;
  /**
   * Whether this is a plugin's scope. There the check comes on top of Deno's flags, which know no ranges of IPv6, and in
   * workers close no ranges at all; a name that the scope may not look up, for it is listed with a port, passes.
   * @default false
   */
  inScope?: boolean;
}

/**
 * Ways for requests that are made with the host's permissions, where no flag keeps loopback, link-local and private
 * addresses closed: the name is resolved, and unless the manifest lists them, such addresses refuse it.
 *
 * Between that look and the connection the name may get another address. So plain HTTP connects to the address that was
 * looked at, for which the host needs net access of its own. HTTPS cannot be told an address; there the server must prove, before anything is sent to it, that it has
 * the name's certificate. A proxy that the environment names (`HTTPS_PROXY`) resolves names by itself.
 *
 * @param hosts What the manifest lists.
 * @param next The way to what is open.
 */
export function checkedRouter(hosts: HostList, next: Router, options: CheckedRouterOptions = {}): Router {
  const { lookUp = systemLookUp, inScope = false } = options;
  return async (url, what, time) => {
    const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isAddress(name)) return await next(url, what, time); // it is listed, or it would not have come this far
    time.phase = `resolving "${name}"`;
    const addresses = await resolve(name, url, what, time, lookUp, inScope);
    for (const address of addresses) {
      if (isClosedAddress(address) && !hosts.allowsAddress(address, url)) {
        const access = address.includes(":") ? `[${address}]` : address;
        throw hostRefused(`${access}:${portOf(url)}`, `"${name}" resolves there`);
      }
    }
    return inScope || url.protocol === "https:" ? await next(url, what, time) : pinned(addresses[0]!, url);
  };
}

async function resolve(
  name: string,
  url: URL,
  what: RequestName,
  time: CallTime,
  lookUp: LookUp,
  inScope: boolean,
): Promise<string[]> {
  let addresses: string[];
  try {
    addresses = await time.orEnd(lookUp(name));
  } catch (error) {
    if (time.signal.aborted) throw time.signal.reason;
    if (inScope) return []; // what connects says it better, or it is a name whose port is listed, and may not be looked up
    const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
    const reason = code === "EPERM"
      ? `the host may not look it up; start the host with --allow-net=${url.hostname}, without a port`
      : String(code ?? error);
    throw new HttpError(what, "dns", `the name "${name}" cannot be resolved (${reason})`);
  }
  if (addresses.length === 0 && !inScope) throw new HttpError(what, "dns", `the name "${name}" has no address`);
  return addresses;
}

/** NB: what Deno calls a proxy by TCP is no proxy: the request goes there as it would go to the server. */
function pinned(address: string, url: URL): { client: Deno.HttpClient } & Disposable {
  const port = portOf(url);
  const access = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host: access }).state !== "granted") throw hostLacks(access);
  const client = Deno.createHttpClient({ proxy: { transport: "tcp", hostname: address, port } });
  return { client, [Symbol.dispose]: () => client.close() };
}

/** By `getaddrinfo`, as connections are made; taken when first needed, for the module costs time to load. */
async function systemLookUp(name: string): Promise<string[]> {
  const { getBuiltinModule } = Reflect.get(globalThis, "process") as {
    getBuiltinModule: (name: string) => typeof import("node:dns/promises");
  };
  const found = await getBuiltinModule("node:dns/promises").lookup(name, { all: true });
  return found.map(({ address }) => address);
}
