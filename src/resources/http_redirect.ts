import { HttpError, type RequestName, shownUrl } from "./http_error.ts";
import { isStream, type SentBody } from "./http_body.ts";
import { moveUserInfo } from "./http_user_info.ts";

/** One request of a chain of redirects. */
export interface Hop {
  url: URL;
  method: string;
  /** What the host and the plugin set; without the host's secrets. */
  headers: Headers;
  body: SentBody;
}

/** How many redirects are followed. */
export const MAX_REDIRECTS = 10;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What is for one origin only. */
const FOR_ONE_ORIGIN = ["authorization", "cookie", "proxy-authorization"];
const OF_A_BODY = ["content-encoding", "content-language", "content-length", "content-location", "content-type"];

/** Where a response leads; `undefined` when it is an answer. */
export function redirectLocation(response: Response): string | undefined {
  return REDIRECTS.has(response.status) ? response.headers.get("location") ?? undefined : undefined;
}

/**
 * Follows one redirect, as browsers do: 303, and 301 and 302 of a POST, become a GET without a body; what is for one
 * origin only stays behind when that changes.
 *
 * @param hop The request that was answered.
 * @param status The redirect's status.
 * @param location Its `Location`.
 * @param what The request as it began, for errors.
 * @returns The next request.
 * @throws {HttpError} If the location is no URL of HTTP, leads from https to http, or a stream would have to be sent again.
 */
export function nextHop(hop: Hop, status: number, location: string, what: RequestName): Hop {
  const refuse = (reason: string) => new HttpError(what, "redirect", reason);
  const base = hop.url.href;
  if (!URL.canParse(location, base)) throw refuse(`${shownUrl(hop.url)} redirects to what is no URL`);
  const url = new URL(location, base);
  const step = `the redirect from ${shownUrl(hop.url)} to ${shownUrl(url)}`;
  if (!isHttp(url)) {
    throw refuse(
      `${shownUrl(hop.url)} redirects to a URL of scheme "${url.protocol}"; only http: and https: are followed`,
    );
  }
  if (hop.url.protocol === "https:" && url.protocol === "http:") {
    throw refuse(`${step} leaves https, and is not followed; request that URL itself if it is to be trusted`);
  }
  const headers = new Headers(hop.headers);
  let { method, body } = hop;
  if ((status === 303 && method !== "GET") || ((status === 301 || status === 302) && method === "POST")) {
    method = "GET";
    body = undefined;
    for (const name of OF_A_BODY) headers.delete(name);
  }
  if (isStream(body)) throw refuse(`${step} takes the body again, which is a stream; send bytes, or use that URL`);
  if (url.origin !== hop.url.origin) { for (const name of FOR_ONE_ORIGIN) headers.delete(name); }
  moveUserInfo(url, headers);
  return { url, method, headers, body };
}

/** Whether a URL is one of HTTP. */
export function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}
