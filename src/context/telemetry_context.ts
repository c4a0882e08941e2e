import type { TelemetryContext } from "./telemetry_types.ts";

/** A context of OpenTelemetry's, for SDKs that manage none. */
export class PlainContext implements TelemetryContext {
  readonly #values: ReadonlyMap<symbol, unknown>;

  /** @param values What it holds. @default nothing */
  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): TelemetryContext {
    return new PlainContext(new Map([...this.#values, [key, value]]));
  }

  deleteValue(key: symbol): TelemetryContext {
    return new PlainContext(new Map([...this.#values].filter(([own]) => own !== key)));
  }
}
