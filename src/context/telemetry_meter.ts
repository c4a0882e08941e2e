import { providedMeter } from "./telemetry.ts";
import { NO_METER } from "./telemetry_none.ts";
import type { TelemetryOwner } from "./telemetry_tracer.ts";
import type {
  BatchObservableCallback,
  BatchObservableResult,
  Counter,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
  Recorder,
  TelemetryAttributes,
} from "./telemetry_types.ts";

/**
 * A meter whose measurements all carry the same labels.
 *
 * @param owner Whose they are.
 * @returns The meter; one that does nothing while telemetry is off.
 */
export function labelledMeter(owner: TelemetryOwner): Meter {
  const own = providedMeter(owner.name, owner.version);
  return own === undefined ? NO_METER : new LabelledMeter(own, owner.labels);
}

class LabelledMeter implements Meter {
  readonly #meter: Meter;
  readonly #labels: TelemetryAttributes;
  /** The meter's own observables, by what stands for them. */
  readonly #observables = new WeakMap<Observable, Observable>();
  readonly #batches = new WeakMap<BatchObservableCallback, BatchObservableCallback>();

  constructor(meter: Meter, labels: TelemetryAttributes) {
    this.#meter = meter;
    this.#labels = labels;
  }

  #label(attributes: TelemetryAttributes | undefined): TelemetryAttributes {
    return { ...attributes, ...this.#labels };
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    const own = this.#meter.createCounter(name, options);
    return {
      add: (value, given, context) => own.add(value, this.#label(given), context),
    };
  }

  createUpDownCounter(name: string, options?: MetricOptions): Counter {
    const own = this.#meter.createUpDownCounter(name, options);
    return {
      add: (value, given, context) => own.add(value, this.#label(given), context),
    };
  }

  createHistogram(name: string, options?: MetricOptions): Recorder {
    const own = this.#meter.createHistogram(name, options);
    return {
      record: (value, given, context) => own.record(value, this.#label(given), context),
    };
  }

  createGauge(name: string, options?: MetricOptions): Recorder {
    const own = this.#meter.createGauge(name, options);
    return {
      record: (value, given, context) => own.record(value, this.#label(given), context),
    };
  }

  createObservableCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(this.#meter.createObservableCounter(name, options));
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(this.#meter.createObservableUpDownCounter(name, options));
  }

  createObservableGauge(name: string, options?: MetricOptions): Observable {
    return this.#observable(this.#meter.createObservableGauge(name, options));
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    let own = this.#batches.get(callback);
    if (own === undefined) {
      own = (result) => callback(this.#batchResult(result));
      this.#batches.set(callback, own);
    }
    this.#meter.addBatchObservableCallback(own, observables.map((one) => this.#own(one)));
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const own = this.#batches.get(callback) ?? callback;
    this.#meter.removeBatchObservableCallback(own, observables.map((one) => this.#own(one)));
  }

  #observable(own: Observable): Observable {
    const callbacks = new WeakMap<ObservableCallback, ObservableCallback>();
    const observable: Observable = {
      addCallback: (callback) => {
        const labelled: ObservableCallback = callbacks.get(callback) ??
          ((result) => callback({ observe: (value, given) => result.observe(value, this.#label(given)) }));
        callbacks.set(callback, labelled);
        own.addCallback(labelled);
      },
      removeCallback: (callback) => own.removeCallback(callbacks.get(callback) ?? callback),
    };
    this.#observables.set(observable, own);
    return observable;
  }

  #batchResult(result: BatchObservableResult): BatchObservableResult {
    return { observe: (metric, value, given) => result.observe(this.#own(metric), value, this.#label(given)) };
  }

  #own(observable: Observable): Observable {
    return this.#observables.get(observable) ?? observable;
  }
}
