import type { Metadata } from "./metadata.ts";
import type { SpanContext, TelemetryTraceState } from "./telemetry_types.ts";

/** What a call carries of its trace (https://www.w3.org/TR/trace-context/), as `trace_context` in its metadata. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

const PARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/**
 * The trace that a call carries.
 *
 * @param metadata The call's.
 * @returns `undefined` when it carries none, or none that can be understood: then a trace begins anew.
 */
export function carriedTrace(metadata: Metadata | undefined): TraceContext | undefined {
  const carried: unknown = metadata?.trace_context;
  if (typeof carried !== "object" || carried === null) return undefined;
  const { traceparent, tracestate } = carried as Record<string, unknown>;
  if (typeof traceparent !== "string" || spanContextOf({ traceparent }) === undefined) return undefined;
  return typeof tracestate === "string" ? { traceparent, tracestate } : { traceparent };
}

/** The span that a trace context speaks of. */
export function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const match = PARENT.exec(traceparent);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, more] = match as unknown as string[];
  if (version === "00" && more !== "") return undefined; // later versions may say more, this one may not
  const own: SpanContext = { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags!, 16), isRemote: true };
  return tracestate === undefined ? own : { ...own, traceState: new RawTraceState(tracestate) };
}

/**
 * A span as a trace context.
 *
 * @param span The span's.
 * @param tracestate What its trace brought along, for tracers that forget it.
 */
export function traceContextOf(
  { traceId, spanId, traceFlags, traceState }: SpanContext,
  tracestate?: string,
): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, "0")}`;
  const state = traceState?.serialize() || tracestate;
  return state === undefined || state === "" ? { traceparent } : { traceparent, tracestate: state };
}

/** A `tracestate` as it came: whoever does not understand it passes it on unchanged. */
class RawTraceState implements TelemetryTraceState {
  readonly #entries: readonly string[];

  constructor(text: string) {
    this.#entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  }

  get(key: string): string | undefined {
    return this.#entries.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1);
  }

  set(key: string, value: string): TelemetryTraceState {
    return new RawTraceState([`${key}=${value}`, ...this.#without(key)].join(","));
  }

  unset(key: string): TelemetryTraceState {
    return new RawTraceState(this.#without(key).join(","));
  }

  serialize(): string {
    return this.#entries.join(",");
  }

  #without(key: string): string[] {
    return this.#entries.filter((entry) => !entry.startsWith(`${key}=`));
  }
}
