import { encodeBody, isStream, readBody, type SentBody } from "./http_body.ts";
import { explainFetchError, HttpError, type RequestName, shownUrl } from "./http_error.ts";
import { accessTo } from "./http_hosts.ts";
import type { HttpMethod, HttpRequest, ResponseParts } from "./http_message.ts";
import { type Hop, isHttp, MAX_REDIRECTS, nextHop, redirectLocation } from "./http_redirect.ts";
import { hostLacks, hostRefused, refusedAccess } from "./http_refusal.ts";
import { backoff, systemChance, waitAfterAnswer } from "./http_retry.ts";
import type { Router } from "./http_route.ts";
import { checkTimeoutMs, type HttpSettings } from "./http_settings.ts";
import { CallTime } from "./http_time.ts";
import { moveUserInfo } from "./http_user_info.ts";

/** What requests are made with. */
export interface Exchange {
  settings: HttpSettings;
  route: Router;
  /** Headers that only this origin is sent, over all others. @default none */
  secrets?: (origin: string) => Readonly<Record<string, string>> | undefined;
  /** At least 0 and below 1. @default from the operating system */
  chance?: () => number;
}

/** Whether it may pass by itself. A name that does not exist, and a certificate that nobody vouches for, stay so. */
function mayPass(failure: unknown): failure is HttpError {
  if (!(failure instanceof HttpError)) return false;
  if (failure.failure === "dns") return /temporary failure|EAI_AGAIN|ETIMEOUT/i.test(failure.message);
  return failure.failure === "connect" || failure.failure === "dropped";
}

/** What one request on the wire comes to: the answer, or where it leads. */
type Step = { answer: ResponseParts; next?: undefined } | { answer?: undefined; next: Hop };

/**
 * Makes a request: with its redirects, each held to the hosts, and again where that can help.
 *
 * @param method Its method. POST is never repeated, nor is a body that is a stream.
 * @param address Its URL.
 * @param request What it carries.
 * @param exchange What it is made with.
 * @returns The answer, whatever its status.
 * @throws {HttpError} If there is none.
 * @throws {Deno.errors.NotCapable} If it leads to a host that the manifest does not list.
 * @throws The reason of the request's signal, if that is aborted.
 */
export async function exchange(
  method: HttpMethod,
  address: string,
  request: HttpRequest,
  { settings, route, secrets, chance = systemChance }: Exchange,
): Promise<ResponseParts> {
  const url = parseUrl(address);
  const what = { method, shown: shownUrl(url) };
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
  moveUserInfo(url, headers);
  for (const [name, value] of new Headers(settings.headers)) if (!headers.has(name)) headers.set(name, value);
  const body = encodeBody(request.body, headers);
  const again = method === "POST" || isStream(body) ? 0 : settings.retry.attempts;
  const [timeoutMs, whose] = request.timeoutMs === undefined
    ? [settings.timeoutMs, "timeoutMs of the host's http_client"]
    : [checkTimeoutMs(request.timeoutMs), "timeoutMs of the request"];

  using time = new CallTime(what, timeoutMs, whose, request.signal);
  for (let attempt = 0;; attempt++) {
    let answer: ResponseParts | undefined;
    let failure: unknown;
    let waitMs: number | undefined;
    try {
      answer = await follow({ url, method, headers, body }, what, time);
      waitMs = waitAfterAnswer(answer, attempt, settings.retry, chance(), Date.now());
    } catch (error) {
      failure = error;
      if (mayPass(error)) waitMs = backoff(attempt, settings.retry, chance());
    }
    if (waitMs === undefined || attempt >= again || waitMs >= time.leftMs) {
      if (answer !== undefined) return answer;
      throw attempt === 0 ? failure : afterAttempts(failure, attempt + 1);
    }
    time.phase = `waiting before attempt ${attempt + 2}`;
    await time.wait(waitMs);
  }

  async function follow(first: Hop, what: RequestName, time: CallTime): Promise<ResponseParts> {
    let hop = first;
    for (let redirects = 0;; redirects++) {
      const why = redirects === 0 ? "" : `redirect ${redirects} of ${what.method} "${what.shown}" leads there`;
      if (settings.hosts?.allows(hop.url) === false) throw hostRefused(accessTo(hop.url), why);
      const { answer, next } = await send(hop, what, time, why);
      if (next === undefined) return answer;
      if (redirects === MAX_REDIRECTS) {
        throw new HttpError(what, "redirect", `over ${MAX_REDIRECTS} redirects, the last to ${shownUrl(next.url)}`);
      }
      hop = next;
    }
  }

  /** One request on the wire: the answer, or where it leads. */
  async function send(hop: Hop, what: RequestName, time: CallTime, why: string): Promise<Step> {
    try {
      using way = await route(hop.url, what, time);
      time.phase = `waiting for an answer from ${hop.url.host}`;
      const sent = new Headers(hop.headers);
      for (const [name, value] of Object.entries(secrets?.(hop.url.origin) ?? {})) sent.set(name, value);
      const init: RequestInit & { client?: Deno.HttpClient } = {
        method: hop.method,
        headers: sent,
        redirect: "manual",
        signal: time.signal,
      };
      if (hop.body !== undefined) init.body = asBodyInit(hop.body);
      if (way.client !== undefined) init.client = way.client;
      const response = await fetch(hop.url, init);
      const location = redirectLocation(response);
      if (location !== undefined) {
        await response.body?.cancel();
        return { next: nextHop(hop, response.status, location, what) };
      }
      time.phase = `reading the body from ${hop.url.host}`;
      const body = await readBody(response, what, settings.maxResponseBytes);
      const headers = Object.fromEntries(response.headers);
      return { answer: { status: response.status, url: hop.url.href, headers, body } };
    } catch (error) {
      if (time.signal.aborted) throw time.signal.reason;
      const access = error instanceof HttpError ? undefined : refusedAccess(error);
      if (access === undefined) throw explainFetchError(error, what, hop.url);
      if (access !== accessTo(hop.url)) throw hostRefused(access, why || `"${hop.url.hostname}" resolves there`);
      // Listed, so that a scope would grant it: it is the host that makes the request.
      throw settings.hosts === undefined ? hostRefused(access, why) : hostLacks(access);
    }
  }
}

function parseUrl(address: string): URL {
  if (!URL.canParse(address)) throw new TypeError("Cannot make a request: its URL is no absolute URL");
  const url = new URL(address);
  if (!isHttp(url)) throw new TypeError(`Cannot request "${url.protocol}…": only http: and https: are supported`);
  return url;
}

function asBodyInit(body: Exclude<SentBody, undefined>): BodyInit {
  return isStream(body) && !(body instanceof ReadableStream) ? ReadableStream.from(body) : body as BodyInit;
}

function afterAttempts(failure: unknown, attempts: number): unknown {
  if (mayPass(failure)) failure.message += ` (attempt ${attempts} of ${attempts})`;
  return failure;
}
