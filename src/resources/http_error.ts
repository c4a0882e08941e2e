import { HttpError, type RequestName } from "../errors.ts";

export { HttpError, type HttpFailure, type RequestName } from "../errors.ts";

const LONGEST_SHOWN = 200;

/** A URL as errors may show it: credentials and queries are often secrets. */
export function shownUrl(url: URL): string {
  const text = `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/**
 * Names what `fetch` throws. Its own errors are not kept as causes: they hold the whole URL.
 *
 * @param error What was thrown.
 * @param what The request.
 * @param url The hop that failed.
 * @returns An error with a clear reason; the given one where it is clear already.
 */
export function explainFetchError(error: unknown, what: RequestName, url: URL): unknown {
  if (!(error instanceof TypeError)) return error;
  if (/error reading a body|error decoding response body/.test(error.message)) {
    return new HttpError(what, "dropped", "the connection was dropped before the body was whole; try again");
  }
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const detail = /client error \(\w+\): (.*)$/s.exec(cause)?.[1] ?? "";
  if (error.message !== "fetch failed") return error;
  if (/certificate|tls|handshake|UnknownIssuer/i.test(detail)) {
    const remedy = "if a CA of your own signed the server's certificate, the host must name it in caCerts";
    return new HttpError(what, "tls", `no secure connection to ${url.host} (${detail}); ${remedy}`);
  }
  if (/dns error/.test(detail)) {
    return new HttpError(what, "dns", `the name "${url.hostname}" cannot be resolved (${detail})`);
  }
  if (/client error \(Connect\)/.test(cause)) {
    return new HttpError(what, "connect", `no connection to ${url.host} (${detail}); is the server running?`);
  }
  if (/invalid HTTP|parsed|invalid format/i.test(detail)) {
    return new HttpError(what, "not_http", `what came from ${url.host} is no HTTP (${detail})`);
  }
  const told = detail === "" ? "" : ` (${detail})`;
  return new HttpError(what, "dropped", `the connection was dropped before an answer came${told}; try again`);
}
