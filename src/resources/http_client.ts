import { type FetchHttpClientOptions, IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

/** What a request may carry. */
export interface HttpRequest {
  /** Headers of this request. */
  headers?: Record<string, string>;
  /** Body: text or bytes as they are, anything else as JSON with its content type. */
  body?: unknown;
  /** Ends the request early. */
  signal?: AbortSignal;
  /** Milliseconds until the request is given up. @default the host's setting */
  timeoutMs?: number;
}

/** A response, read to its end. */
export interface HttpResponse {
  /** Status code. */
  readonly status: number;
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body as UTF-8 text. */
  text(): string;
  /** The body as JSON. */
  json<T = unknown>(): T;
}

/** HTTP, as a resource (SPEC section 8). */
export interface HttpClient {
  /** Reads a resource. */
  get(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  /** Sends a body to a resource. */
  post(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  /** Replaces a resource. */
  put(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  /** Removes a resource. */
  delete(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
}

/** HTTP by `fetch`, inside the plugin's scope: the scope's own flags decide which hosts it reaches. */
export class FetchHttpClient implements HttpClient, InScope {
  readonly #options: FetchHttpClientOptions;

  /**
   * Makes a client.
   *
   * @param options The host's settings; the plugin can see them.
   */
  constructor(options: FetchHttpClientOptions = {}) {
    this.#options = options;
  }

  /** Reads a resource. */
  get(url: string | URL, request?: HttpRequest): Promise<HttpResponse> {
    return this.#send("GET", url, request);
  }

  /** Sends a body to a resource. */
  post(url: string | URL, request?: HttpRequest): Promise<HttpResponse> {
    return this.#send("POST", url, request);
  }

  /** Replaces a resource. */
  put(url: string | URL, request?: HttpRequest): Promise<HttpResponse> {
    return this.#send("PUT", url, request);
  }

  /** Removes a resource. */
  delete(url: string | URL, request?: HttpRequest): Promise<HttpResponse> {
    return this.#send("DELETE", url, request);
  }

  async #send(method: string, url: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    const timeoutMs = Math.min(request.timeoutMs ?? this.#options.timeoutMs ?? 30_000, 2 ** 31 - 1);
    const maxBytes = this.#options.maxResponseBytes ?? 16 * 1024 * 1024;
    const headers = new Headers(this.#options.headers);
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
    // A timer of its own rather than AbortSignal.timeout: it is gone when the answer is there.
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new DOMException(`No whole answer within ${timeoutMs} ms from ${url}`, "TimeoutError")),
      timeoutMs,
    );
    const abort = () => controller.abort(request.signal?.reason);
    request.signal?.addEventListener("abort", abort, { once: true });
    try {
      if (request.signal?.aborted) abort();
      const body = encodeBody(request.body, headers);
      const response = await fetch(url, { method, headers, body, signal: controller.signal });
      const bytes = await readAtMost(response, maxBytes);
      return {
        status: response.status,
        ok: response.ok,
        url: response.url,
        headers: Object.fromEntries(response.headers),
        body: bytes,
        text: () => new TextDecoder().decode(bytes),
        json: () => JSON.parse(new TextDecoder().decode(bytes)),
      };
    } catch (error) {
      throw refusal(error) ?? error;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", abort);
    }
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "fetch_http_client", options: this.#options };
  }
}

function encodeBody(body: unknown, headers: Headers): BodyInit | undefined {
  if (body === undefined || typeof body === "string") return body;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return JSON.stringify(body);
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) throw new RangeError(`Cannot read ${response.url}: its body is over ${maxBytes} bytes`);
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** NB: for a name that resolves to a denied address Deno throws "fetch failed" and hides the refusal in the causes. */
function refusal(error: unknown): Error | undefined {
  let cause: unknown = error instanceof TypeError ? error.cause : undefined;
  for (let depth = 0; cause instanceof Error && depth < 8; depth++, cause = cause.cause) {
    const match = /Requires net access to "[^"]*"/.exec(cause.message);
    if (match !== null) return new Deno.errors.NotCapable(match[0], { cause: error });
  }
  return undefined;
}
