import { encodeBody, isStream } from "./http_body.ts";
import type { RemoteOffer } from "./http_for_plugin.ts";
import { type HttpMethod, HttpMethods, type HttpRequest, type ResponseParts, SEND } from "./http_message.ts";
import type { SentRequest } from "./http_service.ts";

/** Methods of the host's, called by message; in sandbox `none`, the host's object itself. */
export type Remote = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

/**
 * Makes the plugin's side of a resource that is called by message in a way of its own.
 *
 * @param wrap Which.
 * @param remote The methods that are served.
 * @returns What the plugin is given.
 */
export function wrapRemote(wrap: RemoteOffer["wrap"], remote: Remote): object {
  switch (wrap) {
    case "http_client":
      return new RemoteHttpClient(remote);
  }
}

/** An `http_client` whose requests the host makes. */
class RemoteHttpClient extends HttpMethods {
  readonly #remote: Remote;

  constructor(remote: Remote) {
    super();
    this.#remote = remote;
  }

  override async [SEND](method: HttpMethod, url: string, request: HttpRequest): Promise<ResponseParts> {
    const { signal, timeoutMs } = request;
    signal?.throwIfAborted();
    const headers = new Headers(request.headers);
    const body = encodeBody(request.body, headers);
    const id = crypto.randomUUID();
    const sent: SentRequest = { id, headers: Object.fromEntries(headers) };
    if (timeoutMs !== undefined) sent.timeoutMs = timeoutMs;
    if (body !== undefined && !isStream(body)) sent.body = body;
    const name = method.toLowerCase();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => {
      reject(signal?.reason);
      this.#remote.cancel!(id).catch(() => {}); // if the host is gone, so is the request
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const remote = this.#remote;
      const answer = isStream(body) ? remote[name]!(url, sent, body) : remote[name]!(url, sent);
      answer.catch(() => {}); // after an abort nobody waits for it
      return await Promise.race([answer, aborted]) as ResponseParts;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
}
