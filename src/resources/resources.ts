import { PluginRegistryError } from "../errors.ts";
import type { BlobStore } from "./blob_store.ts";
import type { CheckpointStore } from "./checkpoint_store.ts";
import type { Clock } from "./clock.ts";
import type { Env } from "./env.ts";
import type { HttpClient } from "./http_message.ts";
import type { ProgressSink } from "./progress_sink.ts";
import type { Rng } from "./rng.ts";
import type { TempDir } from "./temp_dir.ts";

/** The resources of a plugin: those its manifest declares, and no others (SPEC section 8). */
export interface Resources {
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly rng: Rng;
  /** HTTP to the listed hosts. */
  readonly http_client: HttpClient;
  /** A fresh folder. */
  readonly tmpdir: TempDir;
  /** The listed environment variables. */
  readonly env: Env;
  /** Values under keys. */
  readonly blob_store: BlobStore;
  /** Where a plugin says how far it is. */
  readonly progress: ProgressSink;
  /** States of units of work. */
  readonly checkpoint: CheckpointStore;
  /**
   * A declared resource, with the type the host offers it under.
   *
   * @throws {PluginRegistryError} If the manifest does not declare it, or the host does not offer it.
   */
  get<T>(name: string): T;
  /** A declared resource, or `undefined`. */
  tryGet<T>(name: string): T | undefined;
  /** Whether a resource is declared and offered. */
  has(name: string): boolean;
  /** A resource that the host registered under a name of its own; `undefined` for an optional one not offered. */
  readonly [name: string]: unknown;
}

/**
 * Makes a plugin's view of its resources.
 *
 * @param plugin As `kind/name`, for errors.
 * @param declared What `[plugin.resources]` names.
 * @param offered The resources that exist for it.
 * @returns The view. Using what is not declared throws and names the field to add it to.
 */
export function createResources(
  plugin: string,
  declared: readonly string[],
  offered: ReadonlyMap<string, unknown>,
): Resources {
  const undeclared = (name: string) =>
    new PluginRegistryError(
      `Cannot use resource "${name}": plugin "${plugin}" does not declare it; ` +
        `add it to required or optional of [plugin.resources]`,
      { plugin },
    );
  const methods = {
    get(name: string) {
      if (offered.has(name)) return offered.get(name);
      if (!declared.includes(name)) throw undeclared(name);
      throw new PluginRegistryError(`Cannot use resource "${name}": the host does not offer it`, { plugin });
    },
    tryGet: (name: string) => offered.get(name),
    has: (name: string) => offered.has(name),
  };
  const target: Record<string, unknown> = { ...methods };
  for (const name of declared) if (!(name in methods)) target[name] = offered.get(name);
  return new Proxy(Object.freeze(target), {
    get(resources, name) {
      if (typeof name === "symbol" || name in resources || name === "then" || name === "toJSON") {
        return Reflect.get(resources, name);
      }
      throw undeclared(name);
    },
  }) as unknown as Resources;
}
