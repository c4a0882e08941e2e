/** The smallest SDK, registered through the npm package as any SDK is: what is made is kept, and no context is managed. */
import * as api from "@opentelemetry/api";

/** A span that was made. */
export interface MadeSpan {
  name: string;
  scope: string;
  attributes: api.Attributes;
  parent: string | undefined;
  id: string;
  traceId: string;
  ended: boolean;
  /** What was said of an error, in any way. */
  errors: unknown[];
}

/** Registers it until it is disposed of. */
export class MemorySdk implements Disposable {
  readonly spans: MadeSpan[] = [];
  readonly measured: [instrument: string, value: number, attributes: api.Attributes | undefined][] = [];
  /** Callbacks of observables, by what is observed. */
  readonly callbacks = new Map<string, api.ObservableCallback>();
  readonly batches = new Set<api.BatchObservableCallback>();

  constructor() {
    api.trace.setGlobalTracerProvider({ getTracer: (scope) => this.#tracer(scope) });
    api.metrics.setGlobalMeterProvider({ getMeter: () => this.#meter() });
  }

  #tracer(scope: string): api.Tracer {
    const startSpan = (name: string, options: api.SpanOptions = {}, context?: api.Context): api.Span => {
      const parent = context === undefined ? undefined : api.trace.getSpanContext(context);
      const id = (this.spans.length + 1).toString(16).padStart(16, "0");
      const traceId = parent?.traceId ?? `1${id}`.padStart(32, "f");
      const made: MadeSpan = {
        name,
        scope,
        attributes: options.attributes ?? {},
        parent: parent?.spanId,
        id,
        traceId,
        ended: false,
        errors: [],
      };
      this.spans.push(made);
      const span = api.trace.wrapSpanContext({ traceId, spanId: id, traceFlags: 1 });
      const say = (...said: unknown[]) => void made.errors.push(...said);
      return Object.assign(Object.create(span), {
        end: () => void (made.ended = true),
        setAttribute: say,
        setStatus: say,
        recordException: say,
      });
    };
    const startActiveSpan = (name: string, ...rest: unknown[]) =>
      (rest.at(-1) as (span: api.Span) => unknown)(startSpan(name));
    return { startSpan, startActiveSpan } as api.Tracer;
  }

  #meter(): api.Meter {
    const take = (name: string) => (value: number, attributes?: api.Attributes) =>
      void this.measured.push([name, value, attributes]);
    const adds = (name: string) => ({ add: take(name) });
    const records = (name: string) => ({ record: take(name) });
    const observes = (name: string) => ({
      name,
      addCallback: (callback: api.ObservableCallback) => void this.callbacks.set(name, callback),
      removeCallback: (callback: api.ObservableCallback) => {
        if (this.callbacks.get(name) === callback) this.callbacks.delete(name);
      },
    });
    return {
      createCounter: adds,
      createUpDownCounter: adds,
      createHistogram: records,
      createGauge: records,
      createObservableCounter: observes,
      createObservableUpDownCounter: observes,
      createObservableGauge: observes,
      addBatchObservableCallback: (callback) => void this.batches.add(callback),
      removeBatchObservableCallback: (callback) => void this.batches.delete(callback),
    };
  }

  [Symbol.dispose](): void {
    api.trace.disable();
    api.metrics.disable();
  }
}
