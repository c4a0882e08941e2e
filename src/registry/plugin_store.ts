import { AmbiguousPlugin, HookUnknown, KindUnknown, PluginUnavailable } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { nearNames } from "../near.ts";
import type { PluginRecord } from "./record.ts";

/** The plugins of one registry, by `kind/name`. Knows nothing of how they are found, started or called. */
export class PluginStore {
  readonly #records = new Map<string, PluginRecord>();
  /** Grows with each change of the plugins or of what they are: who keeps something made of them can tell. */
  version = 0;

  /** All plugins, in the order in which they were registered. */
  all(): PluginRecord[] {
    return [...this.#records.values()];
  }

  /** The plugin of an id, or of a manifest. */
  get(plugin: string | Manifest): PluginRecord | undefined {
    return this.#records.get(typeof plugin === "string" ? plugin : `${plugin.kind}/${plugin.name}`);
  }

  /** Takes a plugin in, in the place of one of the same kind and name. */
  put(record: PluginRecord): void {
    this.#records.set(record.id, record);
    this.version++;
  }

  /** All manifests, sorted by kind, then name. */
  manifests(): Manifest[] {
    return this.all().sort((a, b) => a.id < b.id ? -1 : 1).map(({ manifest }) => manifest);
  }

  /**
   * Finds a plugin.
   *
   * @param kind Its kind.
   * @param name Its name; without one, the plugin of highest priority.
   * @throws {KindUnknown} If there is none.
   * @throws {AmbiguousPlugin} If no name is given and two share the highest priority.
   */
  find(kind: string, name: string | undefined): PluginRecord {
    const named = name === undefined ? undefined : this.#records.get(`${kind}/${name}`);
    if (named !== undefined) return named;
    const ofKind = this.all().filter(({ manifest }) => manifest.kind === kind);
    if (ofKind.length === 0) throw new KindUnknown(unknownKind(kind, this.all()));
    if (name !== undefined) {
      const names = ofKind.map(({ manifest }) => `"${manifest.name}"`).join(", ");
      throw new KindUnknown(`Cannot find plugin "${kind}/${name}": the plugins of this kind are ${names}`);
    }
    const highest = Math.max(...ofKind.map(({ manifest }) => manifest.priority));
    const [first, ...others] = ofKind.filter(({ manifest }) => manifest.priority === highest);
    if (others.length > 0) {
      const candidates = [first!, ...others].map(({ id }) => id).sort();
      throw new AmbiguousPlugin(
        `Cannot choose a plugin of kind "${kind}": ${candidates.join(", ")} share priority ${highest}; name one, or ` +
          `give one a higher priority`,
        candidates,
      );
    }
    return first!;
  }

  /**
   * Finds the one plugin of a name, whatever its kind.
   *
   * @param name A name, or `kind/name`.
   * @throws {KindUnknown | AmbiguousPlugin} If there is none, or more than one.
   */
  findByName(name: string): PluginRecord {
    const named = this.all().filter(({ id, manifest }) => id === name || manifest.name === name);
    if (named.length > 1) {
      const ids = named.map(({ id }) => id).sort();
      throw new AmbiguousPlugin(`Cannot choose plugin "${name}": ${ids.join(", ")} have that name`, ids);
    }
    const [record] = named;
    if (record === undefined) throw new KindUnknown(`Cannot find plugin "${name}": none of that name is registered`);
    return record;
  }
}

/** The error for plugins of one kind and name. */
export function ambiguous(records: readonly PluginRecord[]): AmbiguousPlugin {
  const sources = records.map(({ source }) => source);
  const [{ id }] = records as [PluginRecord];
  const again = new Set(sources).size === 1;
  const message = again
    ? `Cannot register plugin "${id}": "${sources[0]}" is registered already`
    : `Cannot register plugin "${id}": ${sources.map((source) => `"${source}"`).join(" and ")} both name it`;
  return new AmbiguousPlugin(message, sources, { plugin: id });
}

/** The error for a call to a plugin that is not running. */
export function unavailable({ error, id, state, stopped }: PluginRecord): PluginUnavailable {
  if (stopped !== undefined) return new PluginUnavailable(id, "it is torn down");
  if (error instanceof PluginUnavailable) return error;
  if (error === undefined) {
    return new PluginUnavailable(id, state === "registered" ? "setupAll has not been called" : `it is ${state}`);
  }
  return new PluginUnavailable(id, error.message.replace(/^Cannot \w+ plugin "[^"]*": /, ""), { cause: error });
}

/** The error for a call to a hook that a plugin does not have. */
export function unknownHook({ id, hooks }: PluginRecord, hook: string): HookUnknown {
  const near = nearNames(hook, hooks ?? []).map((name) => `"${name}"`);
  const all = [...hooks ?? []].slice(0, 20).map((name) => `"${name.slice(0, 64)}"`).join(", ") || "none";
  const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `its hooks are ${all}`;
  return new HookUnknown(`Cannot call "${hook}" of plugin "${id}": no such hook; ${known}`, { plugin: id });
}

function unknownKind(kind: string, records: readonly PluginRecord[]): string {
  const kinds = [...new Set(records.map(({ manifest }) => manifest.kind))].sort();
  const [near] = nearNames(kind, kinds);
  const known = kinds.length === 0
    ? "no plugin is registered; what was refused stands in the report of discover, and in the log"
    : `the kinds are ${kinds.map((k) => `"${k}"`).join(", ")}`;
  return `Cannot find a plugin of kind "${kind}": ${near === undefined ? known : `did you mean "${near}"?`}`;
}
