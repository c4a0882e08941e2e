import { HostList } from "./http_hosts.ts";
import type { HttpRetry } from "./http_retry.ts";
import type { FetchHttpClientOptions } from "./in_scope.ts";

/** Checked settings of a client. */
export interface HttpSettings {
  timeoutMs: number;
  headers: Record<string, string>;
  maxResponseBytes: number;
  caCerts: readonly string[];
  retry: Required<HttpRetry>;
  /** `undefined` for any. */
  hosts: HostList | undefined;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Checks settings and fills in what is not said.
 *
 * @param options What the host said.
 * @param maxResponseBytes The largest body where nothing else is said.
 * @throws {RangeError} If one is out of its range: an unreadable limit is never "no limit".
 * @throws {TypeError} If a header's name or value is none.
 */
export function checkHttpOptions(options: FetchHttpClientOptions, maxResponseBytes: number = 2 ** 24): HttpSettings {
  const { timeoutMs = 30_000, headers = {}, caCerts = [], retry = {}, hosts } = options;
  const { attempts = 2, backoffMs = 200, maxBackoffMs = 5_000 } = retry;
  const max = options.maxResponseBytes ?? maxResponseBytes;
  new Headers(headers); // throws for what is no header
  for (const cert of caCerts) {
    if (typeof cert !== "string" || !cert.includes("-----BEGIN CERTIFICATE-----")) {
      throw new RangeError("Cannot trust a CA: caCerts holds certificates in PEM, as text");
    }
  }
  return {
    timeoutMs: whole("timeoutMs", timeoutMs, 1, MAX_TIMER_MS),
    headers: { ...headers },
    maxResponseBytes: whole("maxResponseBytes", max, 0, Number.MAX_SAFE_INTEGER),
    caCerts: [...caCerts],
    retry: {
      attempts: whole("retry.attempts", attempts, 0, 100),
      backoffMs: whole("retry.backoffMs", backoffMs, 0, MAX_TIMER_MS),
      maxBackoffMs: whole("retry.maxBackoffMs", maxBackoffMs, 0, MAX_TIMER_MS),
    },
    hosts: hosts === undefined ? undefined : new HostList(hosts),
  };
}

/** Checks the limit of one request. */
export function checkTimeoutMs(timeoutMs: number): number {
  return whole("timeoutMs", timeoutMs, 1, MAX_TIMER_MS);
}

function whole(name: string, value: number, low: number, high: number): number {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new RangeError(
      `Cannot set ${name} of an http_client to ${value}: it is a whole number from ${low} to ${high}`,
    );
  }
  return value;
}
