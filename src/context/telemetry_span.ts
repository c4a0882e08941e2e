import type { JsonValue } from "../json.ts";
import { frozenMetadata, type Metadata, NO_METADATA } from "./metadata.ts";
import type { RunningCall } from "./running_call.ts";
import { contextWith, contextWithout, spanOf, type Tracing } from "./telemetry.ts";
import { NoSpan } from "./telemetry_none.ts";
import { carriedTrace, spanContextOf, type TraceContext, traceContextOf } from "./telemetry_trace_context.ts";
import type { Span, TelemetryAttributes, TelemetryContext } from "./telemetry_types.ts";

// OpenTelemetry's numbers.
/** Nothing is crossed. */
export const INTERNAL = 0;
/** Answers what came over a boundary. */
export const SERVER = 1;
/** Goes over a boundary, and waits. */
export const CLIENT = 2;
const FAILED = 2;

/** Marks contexts with the trace context that they were entered for. */
const ENTERED: unique symbol = Symbol("the call that runs in it") as never;

/** What a span is begun with. */
export interface CallSpanOptions {
  name: string;
  kind: number;
  attributes: TelemetryAttributes;
  /** What the call carries. */
  metadata: Metadata | undefined;
  /** Whether what is active here may be the parent, where the call says nothing. */
  local: boolean;
  /** What may be shown of an error's texts. @default nothing: only its class is told */
  show?: (text: string) => string;
}

/** The span of a call, which makes all that the call leads to its children. */
export class CallSpan {
  readonly #tracing: Tracing;
  readonly #span: Span;
  readonly #context: TelemetryContext;
  readonly #show: CallSpanOptions["show"];
  /** What the call carries from here on. */
  readonly metadata: Metadata;

  /** Begins it. @param tracing Where it goes. @param options What it says. */
  constructor(tracing: Tracing, { name, kind, attributes, metadata, local, show }: CallSpanOptions) {
    this.#tracing = tracing;
    this.#show = show;
    const parent = parentOf(tracing, metadata, local);
    this.#span = tracing.tracer.startSpan(name, { kind, attributes }, parent);
    const trace = traceContextOf(this.#span.spanContext(), carriedTrace(metadata)?.tracestate);
    // A tracer that makes nothing does not cost the call the trace that it has.
    this.metadata = spanContextOf(trace) === undefined ? metadata ?? NO_METADATA : withTrace(metadata, trace);
    this.#context = contextWith(parent, this.#span).setValue(ENTERED, trace.traceparent);
  }

  /** Does something as a part of it. */
  run<T>(work: () => T): T {
    return this.#tracing.with(this.#context, work);
  }

  /** Does the work of the call as a part of it, and ends it with that. */
  around(work: () => unknown): unknown {
    try {
      const result = this.run(work);
      if (!(result instanceof Promise)) return this.end(), result;
      return result.then(
        (value) => (this.end(), value),
        (error) => {
          this.fail(error);
          throw error;
        },
      );
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Ends it. */
  end(): void {
    this.#span.end();
  }

  /** Ends it with an error. */
  fail(error: unknown): void {
    const { name, message, stack, code } = describe(error);
    const show = this.#show;
    this.#span.setAttribute("error.type", code ?? name);
    if (show === undefined) this.#span.setStatus({ code: FAILED });
    else {
      const shown = show(message);
      this.#span.recordException({ name, message: shown, ...(stack === undefined ? {} : { stack: show(stack) }) });
      this.#span.setStatus({ code: FAILED, message: shown });
    }
    this.#span.end();
  }
}

/**
 * What a call back to the host carries: what the running one does, with the span that is active now as its parent.
 *
 * @param tracing Where spans go.
 * @param running The running call, if it carries something.
 */
export function carryingActive(tracing: Tracing, running: RunningCall | undefined): RunningCall | undefined {
  const trace = carriedTrace(running?.metadata);
  if (running === undefined || trace === undefined) return running;
  const context = tracing.active();
  const span = spanOf(context)?.spanContext();
  // What is active may be left over from whoever opened the scope: then it was not entered for this call.
  if (span === undefined || context.getValue(ENTERED) !== trace.traceparent) return running;
  const metadata = withTrace(running.metadata, traceContextOf(span, trace.tracestate));
  return {
    plugin: running.plugin,
    metadata,
    get signal() {
      return running.signal;
    },
  };
}

/** Where a span belongs that is made on behalf of a call. */
export function parentOf(tracing: Tracing, metadata: Metadata | undefined, local: boolean): TelemetryContext {
  const active = tracing.active();
  const trace = carriedTrace(metadata);
  if (trace === undefined) return local ? active : contextWithout(active);
  if (active.getValue(ENTERED) === trace.traceparent) return active; // it may have spans of its own inside
  return contextWith(active, new NoSpan(spanContextOf(trace)));
}

function withTrace(metadata: Metadata | undefined, trace: TraceContext): Metadata {
  return frozenMetadata({ ...metadata, trace_context: trace as unknown as JsonValue });
}

function describe(error: unknown): { name: string; message: string; stack?: string | undefined; code?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: safeText(error) };
  const code: unknown = Reflect.get(error, "code");
  const { name, message, stack } = error;
  return { name, message, stack, ...(typeof code === "string" ? { code } : {}) };
}

function safeText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "unprintable";
  }
}
