import { camelForm } from "../hookspec/mod.ts";
import type { HookContract } from "./hook_contract.ts";

/** What a running plugin has promised by its kind. */
export class PluginContract {
  /** The version of the hookspec that it goes by. */
  readonly version: string;
  readonly #hooks: ReadonlyMap<string, HookContract>;
  readonly #names: ReadonlyMap<string, string>;

  /**
   * @param version The version of the hookspec.
   * @param names The plugin's own names of its hooks, by those of the hookspec.
   * @param hooks What is promised of each, by the plugin's own name.
   */
  constructor(version: string, names: ReadonlyMap<string, string>, hooks: ReadonlyMap<string, HookContract>) {
    this.version = version;
    this.#hooks = hooks;
    this.#names = new Map([...names].flatMap(([name, own]) => [[name, own], [camelForm(name), own]]));
  }

  /** The plugin's own name of a hook of the hookspec, which may be asked for by either form of its name. */
  ownName(hook: string): string | undefined {
    return this.#names.get(hook);
  }

  /** What is promised of a hook, by the plugin's own name; nothing of hooks that the hookspec does not know. */
  of(own: string): HookContract | undefined {
    return this.#hooks.get(own);
  }
}
