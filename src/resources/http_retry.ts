/** When a request is sent again, in full. */
export interface HttpRetry {
  /** How often at most, after the first time. @default 2 */
  attempts?: number;
  /** Milliseconds that the first wait is below; each further one may be twice as long. @default 200 */
  backoffMs?: number;
  /** Milliseconds that no wait is above. A server that asks for more is not asked again. @default 5000 */
  maxBackoffMs?: number;
}

/** Statuses that say "not now". */
const NOT_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Chance from the operating system: the plugin's `rng` is for the plugin, and may be scripted. */
export function systemChance(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/**
 * How long to wait before a request is sent again: any time below a bound that doubles, so that those who failed
 * together do not come back together.
 *
 * @param attempt 0 before the first repetition.
 * @param chance At least 0 and below 1.
 * @returns Milliseconds.
 */
export function backoff(attempt: number, retry: Required<HttpRetry>, chance: number): number {
  return chance * Math.min(retry.maxBackoffMs, retry.backoffMs * 2 ** attempt);
}

/**
 * How long to wait after an answer before asking again.
 *
 * @param now The present moment, in milliseconds since 1970.
 * @returns Milliseconds; `undefined` when the answer is to be kept.
 */
export function waitAfterAnswer(
  answer: { status: number; headers: Readonly<Record<string, string>> },
  attempt: number,
  retry: Required<HttpRetry>,
  chance: number,
  now: number,
): number | undefined {
  if (!NOT_NOW.has(answer.status)) return undefined;
  const asked = parseRetryAfter(answer.headers["retry-after"], now);
  if (asked === undefined) return backoff(attempt, retry, chance);
  return asked <= retry.maxBackoffMs ? asked : undefined;
}

/** `Retry-After` in milliseconds, from seconds or a date; `undefined` when there is none that can be read. */
function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const moment = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : NaN; // NB: Deno takes "-1" for a date
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
