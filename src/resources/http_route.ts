import type { RequestName } from "./http_error.ts";
import type { CallTime } from "./http_time.ts";

/** How one request reaches its server. */
export interface Route extends Disposable {
  /** Deno's client; its usual one when there is none. */
  readonly client?: Deno.HttpClient;
}

/** Finds the way to a URL, or throws why there is none. The route is held until the answer has been read. */
export type Router = (url: URL, what: RequestName, time: CallTime) => Promise<Route>;

/**
 * Clients that trust the given authorities. Deno's client is closed with the last request that uses it, so that nothing
 * is left open and nothing has to be torn down: the price is a handshake for each burst of requests.
 *
 * @param caCerts Certificates in PEM.
 */
export function trustingRouter(caCerts: readonly string[]): Router {
  if (caCerts.length === 0) return () => Promise.resolve({ [Symbol.dispose]() {} });
  let shared: { client: Deno.HttpClient; users: number } | undefined;
  return () => {
    const own = shared ??= { client: Deno.createHttpClient({ caCerts: [...caCerts] }), users: 0 };
    own.users++;
    return Promise.resolve({
      client: own.client,
      [Symbol.dispose]() {
        if (--own.users > 0) return;
        if (shared === own) shared = undefined;
        own.client.close();
      },
    });
  };
}
