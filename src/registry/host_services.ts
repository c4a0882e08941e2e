import { type DependencyRef, type PluginContext, type PluginServices, runningCall } from "../context/mod.ts";
import type { CallOptions } from "../dispatch/mod.ts";
import { PluginRegistryError } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { checkBoundaryValue } from "../json.ts";
import { EventBudget, EventQueue } from "./event_queue.ts";

/** What the services of a plugin are made of. */
export interface HostServicesOptions {
  /** As `kind/name`. */
  plugin: string;
  context: PluginContext;
  dependencies: readonly DependencyRef[];
  /** What one message to it may hold. */
  messageBytes: number;
  /** Told what an operator should know. */
  warn: (message: string) => void;
  /** Calls a hook of another plugin. */
  call: (kind: string, name: string, hook: string, args: unknown[], options?: CallOptions) => Promise<unknown>;
}

/** Lost events are told so often at most. */
const WARN_EVERY_MS = 1000;

/**
 * What the host does for one plugin. Whatever the plugin says comes from outside, so that what it depends on is checked
 * here, on the host's side.
 *
 * @param options The plugin, and what it may reach.
 */
export function hostServices(
  { plugin, context, dependencies, messageBytes, warn, call }: HostServicesOptions,
): PluginServices & Disposable {
  const { eventBus, tenant } = context;
  const queues = new Set<EventQueue>();
  const budget = new EventBudget(messageBytes);
  let warnedAt = -Infinity;
  const dropped = (topic: string, why: Error) => {
    const now = performance.now();
    if (now - warnedAt < WARN_EVERY_MS) return;
    warnedAt = now;
    warn(escapeControl(`Plugin "${plugin}" misses events "${topic}": ${why.message}`));
  };
  return {
    callPlugin(kind, name, hook, args) {
      if (!dependencies.some((one) => one.kind === kind && one.name === name)) {
        const message = `Cannot call plugin "${kind}/${name}": plugin "${plugin}" does not depend on it`;
        return Promise.reject(new PluginRegistryError(message, { plugin }));
      }
      const running = runningCall();
      const carried = running === undefined ? undefined : { metadata: running.metadata, signal: running.signal };
      return call(kind, name, hook, args, carried);
    },
    publish(topic, payload) {
      checkBoundaryValue(payload, `event "${topic}"`);
      eventBus.publish(topic, payload);
    },
    events(topic) {
      const queue: EventQueue = new EventQueue(budget, messageBytes / 2, (why) => dropped(topic, why), () => {
        subscription[Symbol.dispose]();
        queues.delete(queue);
      });
      const subscription = eventBus.subscribe(topic, (payload) => queue.push(payload));
      queues.add(queue);
      return queue;
    },
    checkAccess: async (request) => await tenant.checkAccess({ ...request, plugin }),
    /** The plugin has ended: its subscriptions end, also in the host's own isolate, where nothing else would end them. */
    [Symbol.dispose]() {
      for (const queue of [...queues]) queue[Symbol.dispose]();
    },
  };
}
