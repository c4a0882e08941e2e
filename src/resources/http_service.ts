import { isStream } from "./http_body.ts";
import { HttpError, shownUrl } from "./http_error.ts";
import { type HttpMethod, type HttpMethods, type HttpRequest, type ResponseParts, SEND } from "./http_message.ts";

/** A request as it comes by message. A body that is a stream comes beside it. */
export interface SentRequest {
  /** Names it for {@linkcode HttpService.cancel}. */
  id?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
  body?: string | Uint8Array;
}

/** What a plugin may call of a client that stays with the host. */
export const HTTP_SERVICE_METHODS: readonly string[] = ["get", "post", "put", "delete", "cancel"];

const MAX_ID = 64;

/** How many requests of one plugin are under way at once; a request's time begins with its turn. */
const MAX_AT_ONCE = 32;

/** Bytes of all requests of one plugin that wait or are under way. A text counts two for each UTF-16 unit, as it may take. */
const MAX_HELD_BYTES = 64 * 2 ** 20;

/**
 * A client as it is called by message, by the names and with the arguments that the plugin uses, so that whoever
 * decorates it sees those. Trusts nothing of what comes: a plugin may send anything.
 */
export class HttpService implements Disposable {
  readonly #client: HttpMethods;
  readonly #running = new Set<AbortController>();
  readonly #named = new Map<string, AbortController>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #heldBytes = 0;
  #isOver = false;

  /** @param client Makes the requests. */
  constructor(client: HttpMethods) {
    this.#client = client;
  }

  /** Reads a resource. */
  get(url: unknown, request: unknown, stream: unknown): Promise<ResponseParts> {
    return this.#send("GET", url, request, stream);
  }

  /** Sends a body to a resource. */
  post(url: unknown, request: unknown, stream: unknown): Promise<ResponseParts> {
    return this.#send("POST", url, request, stream);
  }

  /** Replaces a resource. */
  put(url: unknown, request: unknown, stream: unknown): Promise<ResponseParts> {
    return this.#send("PUT", url, request, stream);
  }

  /** Removes a resource. */
  delete(url: unknown, request: unknown, stream: unknown): Promise<ResponseParts> {
    return this.#send("DELETE", url, request, stream);
  }

  /** Ends a request. What has ended stays as it is. */
  cancel(id: unknown): Promise<void> {
    if (typeof id === "string") this.#named.get(id)?.abort();
    return Promise.resolve();
  }

  /** Ends all requests, as when the plugin has ended. A symbol, so that it cannot be called by message. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const controller of this.#running) controller.abort();
  }

  async #send(method: HttpMethod, url: unknown, sent: unknown, stream: unknown): Promise<ResponseParts> {
    if (typeof url !== "string") throw bad("url");
    const { id, request } = readRequest(sent ?? {}, stream);
    if (id !== undefined && this.#named.has(id)) throw bad("id");
    const bytes = heldBytes(url, request);
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) throw tooMuch(method, url, this.#heldBytes);
    const controller = new AbortController();
    if (this.#isOver) controller.abort(); // middleware and decorators may be late
    request.signal = controller.signal;
    this.#heldBytes += bytes;
    this.#running.add(controller);
    if (id !== undefined) this.#named.set(id, controller);
    try {
      await this.#turn(controller.signal);
      try {
        controller.signal.throwIfAborted();
        return await this.#client[SEND](method, url, request);
      } finally {
        this.#busy--;
        this.#waiting.shift()?.();
      }
    } finally {
      this.#heldBytes -= bytes;
      this.#running.delete(controller);
      if (id !== undefined) this.#named.delete(id);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#busy >= MAX_AT_ONCE) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const leave = () => {
        const at = this.#waiting.indexOf(resolve);
        if (at < 0) return; // its turn has come
        this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(resolve);
      await promise;
      signal.removeEventListener("abort", leave);
    }
    this.#busy++;
  }
}

function readRequest(sent: unknown, stream: unknown): { id: string | undefined; request: HttpRequest } {
  if (typeof sent !== "object" || sent === null) throw bad("request");
  const { id, headers, timeoutMs, body } = sent as { [K in keyof SentRequest]: unknown };
  if (id !== undefined && (typeof id !== "string" || id.length > MAX_ID)) throw bad("id");
  const request: HttpRequest = {};
  if (headers !== undefined) {
    if (typeof headers !== "object" || headers === null) throw bad("headers");
    for (const text of Object.values(headers)) if (typeof text !== "string") throw bad("headers");
    request.headers = headers as Record<string, string>;
  }
  if (timeoutMs !== undefined) {
    if (typeof timeoutMs !== "number") throw bad("timeoutMs");
    request.timeoutMs = timeoutMs;
  }
  if (stream !== undefined) {
    if (!isStream(stream) || body !== undefined) throw bad("body");
    request.body = stream;
  } else if (body !== undefined) {
    if (typeof body !== "string" && !(body instanceof Uint8Array)) throw bad("body");
    request.body = body;
  }
  return { id, request };
}

/** How much a request holds. Of a body that is a stream nothing is taken in before it is sent. */
function heldBytes(url: string, { headers = {}, body }: HttpRequest): number {
  let units = url.length;
  for (const [name, text] of Object.entries(headers)) units += name.length + text.length;
  if (typeof body === "string") units += body.length;
  return units * 2 + (body instanceof Uint8Array ? body.byteLength : 0);
}

function tooMuch(method: HttpMethod, url: string, heldBytes: number): HttpError {
  const shown = URL.canParse(url) ? shownUrl(new URL(url)) : "…";
  const reason = `${heldBytes} bytes of the plugin's other requests wait or are under way, and with this one they ` +
    `would be over ${MAX_HELD_BYTES}; await some of them first, or send the body as a stream`;
  return new HttpError({ method, shown }, "too_large", reason);
}

function bad(field: string): TypeError {
  return new TypeError(`Cannot make a request: its ${field} is not what a client sends`);
}
