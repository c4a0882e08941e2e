import type { Env } from "../resources/mod.ts";

/** An {@linkcode Env} that a test writes down. */
export class TestEnv implements Env {
  readonly #values: ReadonlyMap<string, string>;

  /**
   * @param values The variables that are set.
   * @param listed Those that may be read. @default all of them
   */
  constructor(values: Readonly<Record<string, string>>, listed: readonly string[] = Object.keys(values)) {
    this.#values = new Map(Object.entries(values).filter(([name]) => listed.includes(name)));
  }

  /** A listed variable's value. */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The listed variables that are set. */
  toObject(): Record<string, string> {
    return Object.fromEntries(this.#values);
  }
}
