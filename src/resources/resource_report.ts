import type { JsonValue } from "../json.ts";
import type { ResourceCall } from "./decorator.ts";

/** A call as a scope tells of it. Whose it is, the host knows by itself. */
export type RecordedCall = [
  resource: string,
  method: string,
  atMs: number,
  ms: number,
  metadata: Readonly<Record<string, JsonValue>> | null,
  error: string | null,
];

/** So many calls are sent together. */
export const MAX_BATCH = 1000;
/** So long a call waits at most until it is told. */
const BATCH_MS = 100;
/** The longest name or error in a report, in UTF-16 units. */
const MAX_TEXT = 1000;

/** What a recorder is made of. */
export interface CallRecorderOptions {
  /** Takes a batch. @returns Whether it could. */
  send: (calls: RecordedCall[], dropped: number) => boolean;
  /** What the running call carries. */
  metadata: () => Readonly<Record<string, JsonValue>> | undefined;
}

// Taken before any plugin runs that could replace them: its recorder may share its isolate.
const { clearTimeout, setTimeout, String: text } = globalThis;
const { unrefTimer } = Deno;
const { timeOrigin } = performance;
const now = performance.now.bind(performance);
const { apply } = Reflect;
const { then } = Promise.prototype;
const { isFinite } = Number;
const { isArray } = Array;

/** Records calls of resources, and sends them in batches. */
export class CallRecorder {
  readonly #options: CallRecorderOptions;
  #calls: RecordedCall[] = [];
  #dropped = 0;
  #timer: number | undefined;
  #closed = false;

  /** @param options Where batches go, and what calls carry. */
  constructor(options: CallRecorderOptions) {
    this.#options = options;
  }

  /** Makes a call, and records it when it has ended. @returns What it gives. */
  call(resource: string, method: string, work: () => unknown): unknown {
    const metadata = this.#options.metadata() ?? null;
    const start = now();
    let result: unknown;
    try {
      result = work();
    } catch (error) {
      this.#add(resource, method, start, metadata, describe(error));
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#add(resource, method, start, metadata, null);
      return result;
    }
    // NB: the promise itself would count as handled, and its rejection, when nobody waits for it, as seen.
    return apply(then, result, [
      (value: unknown) => {
        this.#add(resource, method, start, metadata, null);
        return value;
      },
      (error: unknown) => {
        this.#add(resource, method, start, metadata, describe(error));
        throw error;
      },
    ]);
  }

  #add(resource: string, method: string, start: number, metadata: RecordedCall[4], error: string | null): void {
    if (this.#closed) return;
    const length = this.#calls.length;
    this.#calls[length] = [resource, method, timeOrigin + start, now() - start, metadata, error];
    if (length + 1 >= MAX_BATCH) this.#send();
    else if (this.#timer === undefined) unrefTimer(this.#timer = setTimeout(this.#send, BATCH_MS) as unknown as number);
  }

  readonly #send = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#calls.length === 0) return;
    const calls = this.#calls;
    this.#calls = [];
    if (this.#options.send(calls, this.#dropped)) this.#dropped = 0;
    else this.#dropped += calls.length;
  };

  /** Sends what is left, and records no more. May be called twice. */
  close(): void {
    this.#send();
    this.#closed = true;
  }
}

function describe(error: unknown): string {
  try {
    return text(error).slice(0, MAX_TEXT);
  } catch {
    return "an error that cannot be described";
  }
}

/**
 * Makes the calls of a report. It comes from a plugin's scope, so that anything may be in it: what is no call is left out
 * and counted.
 *
 * @param told What was sent.
 * @param dropped How many more the scope says there were.
 * @param plugin Whose they are, as `kind/name`.
 * @param resources Which resources report.
 */
export function reportedCalls(
  told: unknown,
  dropped: unknown,
  plugin: string,
  resources: ReadonlySet<string>,
): { calls: ResourceCall[]; dropped: number } {
  const list: unknown[] = isArray(told) ? told.slice(0, MAX_BATCH) : [];
  const calls = list.flatMap((one) => {
    if (!isArray(one)) return [];
    const [resource, method, atMs, ms, metadata, error] = one as unknown[];
    if (typeof resource !== "string" || !resources.has(resource)) return [];
    if (typeof method !== "string" || method.length > MAX_TEXT || !isFinite(atMs) || !isFinite(ms)) return [];
    const call: { -readonly [K in keyof ResourceCall]: ResourceCall[K] } = {
      plugin,
      resource,
      method,
      atMs: atMs as number,
      ms: ms as number,
    };
    if (typeof metadata === "object" && metadata !== null && !isArray(metadata)) {
      call.metadata = metadata as Record<string, JsonValue>;
    }
    if (typeof error === "string") call.error = error.slice(0, MAX_TEXT);
    return [Object.freeze(call)];
  });
  const more = typeof dropped === "number" && dropped > 0 && isFinite(dropped) ? dropped : 0;
  return { calls, dropped: more + (isArray(told) ? told.length - calls.length : 0) };
}
