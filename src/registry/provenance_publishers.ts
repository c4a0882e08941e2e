/** The variable that lists the publishers whose packages the host trusts. */
export const TRUSTED_PUBLISHERS_VARIABLE = "DAGSTACK_PLUGIN_TRUSTED_PUBLISHERS";

const PUBLISHER = /^(?:(npm|jsr):)?(@[a-z0-9][a-z0-9._-]*)$/;

/** Publishers that the host trusts: scopes of packages. */
export class Publishers {
  readonly #scopes: ReadonlySet<string>;
  /** What is listed and is no scope. It trusts nobody. */
  readonly unreadable: readonly string[];

  /**
   * Reads a list.
   *
   * @param text Scopes, separated by commas: `npm:@acme`, `jsr:@acme`, or `@acme` for both registries.
   */
  constructor(text: string = "") {
    const scopes = new Set<string>();
    const unreadable: string[] = [];
    for (const entry of text.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
      const [, registry, scope] = PUBLISHER.exec(entry) ?? [];
      if (scope === undefined) unreadable.push(entry);
      else for (const one of registry === undefined ? ["npm", "jsr"] : [registry]) scopes.add(`${one}:${scope}`);
    }
    this.#scopes = scopes;
    this.unreadable = unreadable;
  }

  /** Whether there is any. */
  get any(): boolean {
    return this.#scopes.size > 0;
  }

  /** Whether a publisher, such as `npm:@acme`, is one of them. */
  include(publisher: string | undefined): boolean {
    return publisher !== undefined && this.#scopes.has(publisher);
  }
}
