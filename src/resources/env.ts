/** The listed environment variables, as a resource (SPEC section 8). */
export interface Env {
  /** A listed variable's value; `undefined` when it is unset or not listed. */
  get(name: string): string | undefined;
  /** The listed variables that are set. */
  toObject(): Record<string, string>;
}

/** Reads listed variables of this process, when asked. */
export class ProcessEnv implements Env {
  readonly #variables: ReadonlySet<string>;

  /** @param variables The names that may be read. */
  constructor(variables: Iterable<string>) {
    this.#variables = new Set(variables);
  }

  /** A listed variable's value. */
  get(name: string): string | undefined {
    return this.#variables.has(name) ? Deno.env.get(name) : undefined;
  }

  /** The listed variables that are set. */
  toObject(): Record<string, string> {
    const values: Record<string, string> = {};
    for (const name of this.#variables) {
      const value = Deno.env.get(name);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }
}
