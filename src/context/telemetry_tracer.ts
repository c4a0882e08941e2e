import type { Metadata } from "./metadata.ts";
import { contextWith, providedTracer, spanOf, tracing } from "./telemetry.ts";
import { NO_TRACER } from "./telemetry_none.ts";
import { parentOf } from "./telemetry_span.ts";
import type { Span, SpanOptions, TelemetryAttributes, TelemetryContext, Tracer } from "./telemetry_types.ts";

/** Whose telemetry it is. */
export interface TelemetryOwner {
  /** The instrumentation scope. */
  name: string;
  version: string | undefined;
  /** On everything that is made; they win over what is given there. */
  labels: TelemetryAttributes;
}

/**
 * A tracer whose spans all carry the same labels.
 *
 * @param owner Whose they are.
 * @param carried What the running call carries: the parent of spans where none is active.
 * @returns The tracer; one that does nothing while telemetry is off.
 */
export function labelledTracer(owner: TelemetryOwner, carried: () => Metadata | undefined): Tracer {
  const own = providedTracer(owner.name, owner.version);
  return own === undefined ? NO_TRACER : new LabelledTracer(own, owner.labels, carried);
}

type Work = (span: Span) => unknown;

class LabelledTracer implements Tracer {
  readonly #tracer: Tracer;
  readonly #labels: TelemetryAttributes;
  readonly #carried: () => Metadata | undefined;

  constructor(tracer: Tracer, labels: TelemetryAttributes, carried: () => Metadata | undefined) {
    this.#tracer = tracer;
    this.#labels = labels;
    this.#carried = carried;
  }

  startSpan(name: string, options: SpanOptions = {}, context?: TelemetryContext): Span {
    const attributes = { ...options.attributes, ...this.#labels };
    return this.#tracer.startSpan(name, { ...options, attributes }, context ?? this.#here());
  }

  startActiveSpan<F extends Work>(name: string, work: F): ReturnType<F>;
  startActiveSpan<F extends Work>(name: string, options: SpanOptions, work: F): ReturnType<F>;
  startActiveSpan<F extends Work>(
    name: string,
    options: SpanOptions,
    context: TelemetryContext,
    work: F,
  ): ReturnType<F>;
  startActiveSpan(name: string, ...rest: unknown[]): unknown {
    const work = rest.pop() as Work;
    const [options, given] = rest as [SpanOptions?, TelemetryContext?];
    const context = given ?? this.#here();
    const span = this.startSpan(name, options, context);
    const inside = () => work(span);
    const on = tracing();
    return on === undefined || context === undefined ? inside() : on.with(contextWith(context, span), inside);
  }

  /** Behind the end of a call, as in the body of a stream, nothing is active: what it carries says where it belongs. */
  #here(): TelemetryContext | undefined {
    const on = tracing();
    if (on === undefined) return undefined;
    const active = on.active();
    return spanOf(active) === undefined ? parentOf(on, this.#carried(), true) : active;
  }
}
