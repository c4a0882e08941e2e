import {
  type AroundCall,
  CallSpan,
  CLIENT,
  INTERNAL,
  maskText,
  type Metadata,
  type Next,
  type NextChange,
  type Tracing,
} from "../context/mod.ts";
import type { CallOptions, Waiter } from "../dispatch/mod.ts";
import type { PluginRecord } from "./record.ts";

/** A call that is to have a span. */
export interface TracedCall {
  record: PluginRecord;
  hook: string;
  waiter: Waiter;
  options: CallOptions | undefined;
}

/**
 * Starts a call of a hook as a part of a span of its own: for the caller, until it is answered.
 *
 * @param tracing Where the span goes.
 * @param call The call.
 * @param start Starts it, with what it carries now.
 */
export function startTraced(
  tracing: Tracing,
  call: TracedCall,
  start: (waiter: Waiter, options: CallOptions) => void,
): void {
  const span = spanFor(tracing, "plugin.hook", call);
  const waiter = endingWith(span, call.waiter);
  try {
    span.run(() => start(waiter, { ...call.options, metadata: span.metadata }));
  } catch (error) {
    waiter.reject(error);
  }
}

/** As {@linkcode startTraced}, for a call of middleware; what it goes on with becomes its child. */
export function startTracedWrap(
  tracing: Tracing,
  call: TracedCall,
  wrapped: AroundCall,
  next: Next,
  start: (wrapped: AroundCall, next: Next, waiter: Waiter) => void,
): void {
  const { resource } = wrapped;
  const own = { ...call, options: { metadata: wrapped.metadata } };
  const span = spanFor(tracing, "plugin.wrap", own, resource === undefined ? {} : { resource });
  const { metadata } = span;
  const inside: Next = (change) => next(below(metadata, change));
  const waiter = endingWith(span, call.waiter);
  try {
    span.run(() => start({ ...wrapped, metadata }, inside, waiter));
  } catch (error) {
    waiter.reject(error);
  }
}

/** What middleware goes on with, below its own span; unless it sends its call into a trace of its own choice. */
function below(own: Metadata, change: NextChange | undefined): NextChange | undefined {
  if (change !== undefined && !isTable(change)) return change; // it is refused further on
  const { metadata = own } = change ?? {};
  if (!isTable(metadata) || (metadata !== own && "trace_context" in metadata)) return change;
  return { ...change, metadata: { ...metadata, trace_context: own.trace_context! } };
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function spanFor(tracing: Tracing, name: string, { record, hook, options }: TracedCall, more = {}): CallSpan {
  const { manifest: { kind, name: plugin }, sandbox } = record;
  return new CallSpan(tracing, {
    name,
    kind: sandbox === "none" ? INTERNAL : CLIENT,
    attributes: { plugin, kind, hook, sandbox, ...more },
    metadata: options?.metadata,
    local: true,
    show: (text) => maskText(text, record.secrets ?? []),
  });
}

function endingWith(span: CallSpan, waiter: Waiter): Waiter {
  return {
    resolve(value) {
      span.end();
      waiter.resolve(value);
    },
    reject(error) {
      span.fail(error);
      waiter.reject(error);
    },
  };
}
