import type { AsyncLocalStorage } from "node:async_hooks";
import type { Metadata } from "./metadata.ts";

/** A call that carries something, from the moment its hook is called. */
export interface RunningCall {
  /** Whose hook it is, as `kind/name`: to another plugin's view that is reached from it, it means nothing. */
  readonly plugin: string;
  /** Frozen. */
  readonly metadata: Metadata;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal;
  /** Whether what it asks of the host goes on when its caller gives up: middleware has to write down that it did. */
  readonly outlives?: boolean;
}

type Storage = AsyncLocalStorage<RunningCall | undefined>;

const { apply } = Reflect;
const none: readonly unknown[] = [];

/**
 * What follows calls through awaits and timers. Made by the first call that carries something: until then nobody pays
 * for it, neither the 15 ms that Deno takes for the module, nor what each entry costs. What is needed of it is taken
 * once, so that a plugin that replaces its methods later changes nothing here.
 */
let tracking: { storage: Storage; run: Storage["run"]; getStore: Storage["getStore"] } | undefined;

function track(): NonNullable<typeof tracking> {
  const { getBuiltinModule } = Reflect.get(globalThis, "process") as {
    getBuiltinModule: (name: string) => { AsyncLocalStorage: new () => Storage };
  };
  const storage = new (getBuiltinModule("node:async_hooks").AsyncLocalStorage)();
  const { run, getStore } = storage;
  return tracking = { storage, run, getStore };
}

/**
 * Calls a function so that whatever it starts finds the call.
 *
 * @param call The call; `undefined` for one that carries nothing but is made from inside one that does.
 * @param work The function.
 */
export function runInCall<T>(call: RunningCall | undefined, work: () => T): T {
  const { storage, run } = tracking ?? track();
  return apply(run, storage, [call, work]) as T;
}

/** The call that is running, if it carries something. */
export function runningCall(): RunningCall | undefined {
  return tracking === undefined
    ? undefined
    : apply(tracking.getStore, tracking.storage, none) as RunningCall | undefined;
}
