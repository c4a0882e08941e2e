import { encodeBody, isStream } from "./http_body.ts";
import { HttpError, shownUrl } from "./http_error.ts";
import {
  BY_MESSAGE,
  type ByMessage,
  FOR_PLUGIN,
  type ForPlugin,
  type RemoteOffer,
  type ResourceUser,
} from "./http_for_plugin.ts";
import { accessTo, HostList } from "./http_hosts.ts";
import { type HttpMethod, HttpMethods, type HttpRequest, type ResponseParts, SEND } from "./http_message.ts";
import { hostRefused } from "./http_refusal.ts";
import { HTTP_SERVICE_METHODS, HttpService } from "./http_service.ts";

/** A scripted answer. */
export interface StubResponse {
  /** Status code. @default 200 */
  status?: number;
  /** Headers. @default {} */
  headers?: Record<string, string>;
  /** Text or bytes as they are, anything else as JSON with its content type. @default nothing */
  body?: unknown;
}

/** A request that the stub was asked to make. */
export interface StubRequest {
  /** Its method. */
  readonly method: HttpMethod;
  /** Its URL. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was sent; `undefined` for nothing. */
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** Which plugin asked, as `kind/name`, where one did. */
  readonly plugin: string | undefined;
}

/** What a stub answers with: the same each time, or what a function says, which may throw. */
export type StubAnswer = StubResponse | ((request: StubRequest) => StubResponse | Promise<StubResponse>);

interface Script {
  rules: { method: HttpMethod; pattern: string | RegExp | URLPattern; answer: StubAnswer }[];
  requests: StubRequest[];
}

/**
 * An {@linkcode HttpClient} for tests: gives scripted answers, remembers what it was asked, and reaches nothing. A
 * plugin's requests are held to the hosts of its manifest, as real ones are.
 *
 * @example
 * ```ts
 * import { StubHttpClient } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const http = new StubHttpClient().on("GET", "https://api.example.com/one", { body: { n: 1 } });
 * assertEquals((await http.get("https://api.example.com/one")).json(), { n: 1 });
 * assertEquals(http.requests.map(({ method, url }) => `${method} ${url}`), ["GET https://api.example.com/one"]);
 * ```
 */
export class StubHttpClient extends HttpMethods implements ForPlugin, ByMessage {
  #script: Script = { rules: [], requests: [] };
  #user: { plugin: string; hosts: HostList } | undefined;

  /**
   * Scripts an answer; of several that match, the one scripted last is given.
   *
   * @param method The method.
   * @param pattern The whole URL, or a pattern that the whole URL must match (`RegExp`: that is found in it).
   * @param answer The answer, or a function that makes it.
   * @returns This client.
   * @throws {TypeError} If a text is no URL.
   */
  on(method: HttpMethod, pattern: string | URL | RegExp | URLPattern, answer: StubAnswer): this {
    const kept = typeof pattern === "string" || pattern instanceof URL ? new URL(pattern).href : pattern;
    this.#script.rules.unshift({ method, pattern: kept, answer });
    return this;
  }

  /** What was asked, oldest first; also what found no answer. */
  get requests(): readonly StubRequest[] {
    return this.#script.requests;
  }

  /** @ignore */
  override async [SEND](method: HttpMethod, address: string, request: HttpRequest): Promise<ResponseParts> {
    request.signal?.throwIfAborted();
    const url = new URL(address);
    if (this.#user?.hosts.allows(url) === false) throw hostRefused(accessTo(url));
    const headers = new Headers(request.headers);
    const body = await bytesOf(encodeBody(request.body, headers));
    const asked: StubRequest = {
      method,
      url: url.href,
      headers: Object.fromEntries(headers),
      body,
      plugin: this.#user?.plugin,
    };
    this.#script.requests.push(asked);
    const rule = this.#script.rules.find((rule) => rule.method === method && matches(rule.pattern, url.href));
    if (rule === undefined) {
      const scripted = this.#script.rules.map(({ method, pattern }) => `${method} ${describe(pattern)}`).reverse();
      const list = scripted.length === 0 ? "nothing" : scripted.join(", ");
      const reason = `no answer is scripted; scripted is ${list}`;
      throw new HttpError({ method, shown: shownUrl(url) }, "not_scripted", reason);
    }
    const { answer } = rule;
    const { status = 200, headers: own, body: given } = typeof answer === "function" ? await answer(asked) : answer;
    const sent = new Headers(own);
    const bytes = await bytesOf(encodeBody(given, sent)) ?? new Uint8Array();
    return { status, url: url.href, headers: Object.fromEntries(sent), body: bytes };
  }

  /** @ignore */
  [FOR_PLUGIN]({ plugin, hosts }: ResourceUser): StubHttpClient {
    const own = new StubHttpClient();
    own.#script = this.#script;
    own.#user = { plugin, hosts: new HostList(hosts) };
    return own;
  }

  /** @ignore */
  [BY_MESSAGE](): RemoteOffer {
    return { wrap: "http_client", instance: new HttpService(this), methods: [...HTTP_SERVICE_METHODS] };
  }
}

function matches(pattern: string | RegExp | URLPattern, url: string): boolean {
  if (typeof pattern === "string") return pattern === url;
  // NB: a RegExp with the flag `g` or `y` remembers where it was; a copy does not.
  return pattern instanceof RegExp ? new RegExp(pattern).test(url) : pattern.test(url);
}

function describe(pattern: string | RegExp | URLPattern): string {
  if (!(pattern instanceof URLPattern)) return String(pattern);
  const { protocol, hostname, port, pathname } = pattern;
  return `${protocol}://${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
}

async function bytesOf(body: ReturnType<typeof encodeBody>): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === undefined || body instanceof Uint8Array) return body;
  if (!isStream(body)) return new TextEncoder().encode(body);
  return new Uint8Array(await new Response(ReadableStream.from(body)).arrayBuffer());
}
