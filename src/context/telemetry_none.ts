import type { Counter, Meter, Observable, Recorder, Span, SpanContext, Tracer } from "./telemetry_types.ts";

/** What is no trace. */
const NO_TRACE: SpanContext = Object.freeze({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 });

/** A span that records nothing: that of another process, or none at all. */
export class NoSpan implements Span {
  readonly #context: SpanContext;

  /** @param context Which span it stands for. @default none */
  constructor(context: SpanContext = NO_TRACE) {
    this.#context = context;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
  setAttribute(): this {
    return this;
  }
  setAttributes(): this {
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  end(): void {}
  isRecording(): boolean {
    return false;
  }
  recordException(): void {}
}

const noSpan = new NoSpan();

/** A tracer for hosts without telemetry. */
export const NO_TRACER: Tracer = Object.freeze({
  startSpan: () => noSpan,
  startActiveSpan(_name: string, ...rest: unknown[]): unknown {
    return (rest.at(-1) as (span: Span) => unknown)(noSpan);
  },
}) as Tracer;

const nothing = () => {};
const instrument: Counter & Recorder & Observable = Object.freeze({
  add: nothing,
  record: nothing,
  addCallback: nothing,
  removeCallback: nothing,
});

/** A meter for hosts without telemetry. */
export const NO_METER: Meter = Object.freeze({
  createCounter: () => instrument,
  createUpDownCounter: () => instrument,
  createHistogram: () => instrument,
  createGauge: () => instrument,
  createObservableCounter: () => instrument,
  createObservableUpDownCounter: () => instrument,
  createObservableGauge: () => instrument,
  addBatchObservableCallback: nothing,
  removeBatchObservableCallback: nothing,
});
