import { BLOB_STORE_METHODS } from "./blob_store.ts";
import { CHECKPOINT_STORE_METHODS } from "./checkpoint_store.ts";
import { InMemoryBlobStore } from "./in_memory_blob_store.ts";
import { InMemoryCheckpointStore } from "./in_memory_checkpoint_store.ts";
import { MockProgressSink } from "./mock_progress_sink.ts";
import { PROGRESS_SINK_METHODS } from "./progress_sink.ts";

/** The standard resources that no registry offers by itself, for they stay with the host. */
const DOUBLES: ReadonlyMap<string, () => object> = new Map([
  ["blob_store", () => only(new InMemoryBlobStore(), BLOB_STORE_METHODS)],
  ["checkpoint", () => only(new InMemoryCheckpointStore(), CHECKPOINT_STORE_METHODS)],
  ["progress", () => only(new MockProgressSink(), PROGRESS_SINK_METHODS)],
]);

/**
 * Doubles for the standard resources that only a host can offer, so that a plugin can be tried without one.
 *
 * @param names What a manifest declares.
 * @returns By name, a fresh and empty one for each of them that there is a double for; with the interface's methods only.
 */
export function standardDoubles(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.flatMap((name) => DOUBLES.has(name) ? [[name, DOUBLES.get(name)!()]] : []));
}

function only<T extends object>(double: T, methods: readonly (keyof T & string)[]): object {
  const call = (name: keyof T) => (...args: unknown[]) => Reflect.apply(double[name] as () => unknown, double, args);
  return Object.freeze(Object.fromEntries(methods.map((name) => [name, call(name)])));
}
