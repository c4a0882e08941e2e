import { HttpError, type RequestName } from "./http_error.ts";

/** A body as it is sent. */
export type SentBody = string | Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array> | undefined;

/**
 * Makes a body of what a request carries.
 *
 * @param body The request's body.
 * @param headers Where the content type is added, if the body is sent as JSON and none is there.
 * @returns Text, bytes copied at this moment, or the stream.
 * @throws {TypeError} If it is nothing that JSON can hold.
 */
export function encodeBody(body: unknown, headers: Headers): SentBody {
  if (body === undefined || typeof body === "string") return body;
  if (body instanceof Uint8Array) return new Uint8Array(body);
  if (isStream(body)) return body;
  const json = JSON.stringify(body) as string | undefined;
  if (json === undefined) throw new TypeError(`Cannot send a body of type ${typeof body}: JSON cannot hold it`);
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return json;
}

/** Whether a body can be read once only. */
export function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && typeof Reflect.get(body, Symbol.asyncIterator) === "function";
}

/**
 * Reads a body to its end.
 *
 * @param response The response.
 * @param what The request, for errors.
 * @param maxBytes The limit, after decompression.
 * @throws {HttpError} If it is larger; nothing more of it is read then.
 */
export async function readBody(
  response: Response,
  what: RequestName,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) {
      const limit = `the body is over ${maxBytes} bytes (maxResponseBytes of the host's http_client)`;
      throw new HttpError(what, "too_large", `${limit}; ask for less, or have the host raise it`);
    }
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
