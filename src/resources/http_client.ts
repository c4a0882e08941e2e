import { checkedRouter } from "./http_checked_route.ts";
import { type Exchange, exchange } from "./http_exchange.ts";
import { FOR_PLUGIN, type ForPlugin, type ResourceUser } from "./http_for_plugin.ts";
import { HostList } from "./http_hosts.ts";
import { type HttpMethod, HttpMethods, type HttpRequest, type ResponseParts, SEND } from "./http_message.ts";
import { trustingRouter } from "./http_route.ts";
import { checkHttpOptions } from "./http_settings.ts";
import { type FetchHttpClientOptions, IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

export type { HttpClient, HttpRequest, HttpResponse } from "./http_message.ts";

/**
 * HTTP by `fetch`, inside the plugin's scope: calls send no message, and the scope's own flags decide which hosts are
 * reached, at every redirect. The plugin can see its settings; for secret headers there is {@linkcode HostHttpClient}.
 *
 * GET, PUT and DELETE are sent again when the connection fails or the server answers 429, 502, 503 or 504, as long as
 * the call's time lasts.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => Response.json([1, 2]));
 * const client = new FetchHttpClient({ timeoutMs: 5_000, retry: { attempts: 1 } });
 * const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 * assertEquals(response.json(), [1, 2]);
 * ```
 */
export class FetchHttpClient extends HttpMethods implements InScope, ForPlugin {
  readonly #options: FetchHttpClientOptions;
  readonly #exchange: Exchange;

  /**
   * Makes a client.
   *
   * @param options The host's settings; the plugin can see them.
   * @throws {RangeError} If one is out of its range.
   */
  constructor(options: FetchHttpClientOptions = {}) {
    super();
    this.#options = structuredClone(options);
    const settings = checkHttpOptions(this.#options);
    const route = trustingRouter(settings.caCerts);
    const { hosts } = settings;
    this.#exchange = { settings, route: hosts === undefined ? route : checkedRouter(hosts, route, { inScope: true }) };
  }

  /** @ignore */
  override [SEND](method: HttpMethod, url: string, request: HttpRequest): Promise<ResponseParts> {
    return exchange(method, url, request, this.#exchange);
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "fetch_http_client", options: this.#options };
  }

  /** The client of one plugin: held to its hosts, also where no flags are, as in sandbox `none`. @ignore */
  [FOR_PLUGIN]({ hosts }: ResourceUser): FetchHttpClient {
    const own = new FetchHttpClient({ ...this.#options, hosts: narrowed(this.#options.hosts, hosts) });
    const { settings } = own.#exchange;
    own.#exchange.route = checkedRouter(settings.hosts!, trustingRouter(settings.caCerts));
    return own;
  }
}

/**
 * The hosts of a manifest that a client may be asked for.
 *
 * @param own What the client is limited to, if it is.
 * @param hosts What the manifest lists.
 */
export function narrowed(own: readonly string[] | undefined, hosts: readonly string[]): readonly string[] {
  if (own === undefined) return hosts;
  const list = new HostList(own);
  return hosts.filter((host) => list.allowsHost(host));
}
