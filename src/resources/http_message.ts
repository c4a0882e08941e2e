/** What a request may carry. */
export interface HttpRequest {
  /** Headers of this request; they win over the host's. */
  headers?: Record<string, string>;
  /**
   * Body: text or bytes as they are, a stream of bytes in parts as they come, anything else as JSON with its content
   * type. A stream is read once: such a request is never repeated.
   */
  body?: unknown;
  /** Ends the request early. */
  signal?: AbortSignal;
  /** Milliseconds for all of it: redirects, repetitions and the body. @default the host's setting */
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

/** HTTP, as a resource (SPEC section 8). What goes wrong is an {@linkcode HttpError}; a status never is. */
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

/** The methods of an {@linkcode HttpClient}, as they stand in a request. */
export type HttpMethod = "GET" | "POST" | "PUT" | "DELETE";

/** A response as data, such as crosses a boundary. */
export interface ResponseParts {
  status: number;
  url: string;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/** A client whose four methods are one. */
export abstract class HttpMethods implements HttpClient {
  /** Reads a resource. */
  get(url: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    return this.#send("GET", url, request);
  }

  /** Sends a body to a resource. */
  post(url: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    return this.#send("POST", url, request);
  }

  /** Replaces a resource. */
  put(url: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    return this.#send("PUT", url, request);
  }

  /** Removes a resource. */
  delete(url: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    return this.#send("DELETE", url, request);
  }

  async #send(method: HttpMethod, url: string | URL, request: HttpRequest): Promise<HttpResponse> {
    const parts = await this[SEND](method, String(url), request);
    const text = () => new TextDecoder().decode(parts.body);
    return { ...parts, ok: parts.status >= 200 && parts.status < 300, text, json: () => JSON.parse(text()) };
  }

  /** @ignore */
  abstract [SEND](method: HttpMethod, url: string, request: HttpRequest): Promise<ResponseParts>;
}

/** The one method behind the four. A symbol, so that it is no method that a plugin could call by message. */
export const SEND: unique symbol = Symbol("send");
