import { checkedRouter } from "./http_checked_route.ts";
import { type Exchange, exchange } from "./http_exchange.ts";
import {
  BY_MESSAGE,
  type ByMessage,
  FOR_PLUGIN,
  type ForPlugin,
  type RemoteOffer,
  type ResourceUser,
} from "./http_for_plugin.ts";
import { narrowed } from "./http_client.ts";
import { HostList } from "./http_hosts.ts";
import { type HttpMethod, HttpMethods, type HttpRequest, type ResponseParts, SEND } from "./http_message.ts";
import { refuseConnectionHeaders } from "./http_plugin_headers.ts";
import { HTTP_SERVICE_METHODS, HttpService } from "./http_service.ts";
import { trustingRouter } from "./http_route.ts";
import { checkHttpOptions } from "./http_settings.ts";
import type { FetchHttpClientOptions } from "./in_scope.ts";

/** Settings of an `http_client` that stays with the host. */
export interface HostHttpClientOptions extends FetchHttpClientOptions {
  /**
   * Headers that no plugin sees, by origin (`https://api.example.com`). They are sent to exactly that origin, whichever
   * plugin asks and however it got there, and win over all others.
   */
  secretHeaders?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The largest response body, in bytes, after decompression; it must fit a message. @default 15 MiB */
  maxResponseBytes?: number;
}

/** A message holds 16 MiB. */
const DEFAULT_MAX_BYTES = 15 * 2 ** 20;

/**
 * HTTP from the host's side: a plugin's calls come by message, and the host makes the requests, with headers that the
 * plugin never sees. What Deno's flags do for a plugin's scope is done here for each hop: only hosts of the manifest,
 * and no loopback, link-local or private address that it does not list. Without a plugin it reaches `hosts` only.
 *
 * A server that repeats what it is sent gives the secret away; send secrets to such as do not.
 *
 * @example
 * ```ts ignore
 * const http_client = new HostHttpClient({
 *   secretHeaders: { "https://api.example.com": { authorization: `Bearer ${token}` } },
 * });
 * await registry.setupAll(new PluginContext({ registry, resources: { http_client } }));
 * ```
 */
export class HostHttpClient extends HttpMethods implements ForPlugin, ByMessage {
  readonly #options: HostHttpClientOptions;
  readonly #exchange: Exchange;

  /**
   * Makes a client.
   *
   * @param options Its settings; they stay with the host.
   * @throws {RangeError} If one is out of its range, or a key of `secretHeaders` is no origin.
   */
  constructor(options: HostHttpClientOptions = {}) {
    super();
    this.#options = structuredClone(options);
    const settings = checkHttpOptions(this.#options, DEFAULT_MAX_BYTES);
    settings.hosts ??= new HostList([]);
    const secrets = new Map(Object.entries(this.#options.secretHeaders ?? {}));
    for (const [origin, headers] of secrets) {
      if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin)) {
        throw new RangeError(
          `Cannot send secret headers to "${origin}": it is no origin such as https://api.example.com`,
        );
      }
      new Headers(headers); // throws for what is no header
    }
    const route = checkedRouter(settings.hosts, trustingRouter(settings.caCerts));
    this.#exchange = { settings, route, secrets: (origin) => secrets.get(origin) };
  }

  /** @ignore */
  override async [SEND](method: HttpMethod, url: string, request: HttpRequest): Promise<ResponseParts> {
    refuseConnectionHeaders(request.headers);
    return await exchange(method, url, request, this.#exchange);
  }

  /** @ignore */
  [FOR_PLUGIN]({ hosts }: ResourceUser): HostHttpClient {
    return new HostHttpClient({ ...this.#options, hosts: narrowed(this.#options.hosts, hosts) });
  }

  /** @ignore */
  [BY_MESSAGE](): RemoteOffer {
    return { wrap: "http_client", instance: new HttpService(this), methods: [...HTTP_SERVICE_METHODS] };
  }
}
