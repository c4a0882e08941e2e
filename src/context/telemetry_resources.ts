import { BY_MESSAGE, decorateMembers, FOR_PLUGIN, IN_SCOPE, type Method, type RemoteOffer } from "../resources/mod.ts";
import { runningCall } from "./running_call.ts";
import { tracing } from "./telemetry.ts";
import { CallSpan, INTERNAL } from "./telemetry_span.ts";

/** What stands before a resource, by the name that it has: the same for all plugins. */
const traced = new WeakMap<object, Map<string, object>>();

/** How a member is named here whose key is a symbol: no plugin calls it. */
const SYMBOL = /^Symbol\(.*\)$/s;

/**
 * Resources of the host's, each method of which has a span: below that of the call of the plugin that uses it, wherever
 * that runs. An error is told by its class alone: its texts may hold a plugin's secrets. What lives inside the scope is left
 * as it is: its calls never come here.
 *
 * @param resources By name.
 */
export function tracedResources(resources: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(resources).map((
      [name, resource],
    ) => [name, isCalledHere(resource) ? around(name, resource) : resource]),
  );
}

function isCalledHere(resource: unknown): resource is object {
  return typeof resource === "object" && resource !== null && !(IN_SCOPE in resource);
}

function around(name: string, resource: object): object {
  const byName = traced.get(resource) ?? new Map<string, object>();
  traced.set(resource, byName);
  let own = byName.get(name);
  if (own === undefined) {
    own = decorateMembers(
      resource,
      (method, call) => SYMBOL.test(method) ? ofSymbol(name, method, call) : spanned(name, method, call),
    );
    byName.set(name, own);
  }
  return own;
}

/** A resource that is another for each plugin, or is called in a way of its own, has its spans there. */
function ofSymbol(name: string, key: string, call: Method): Method {
  if (key === String(FOR_PLUGIN)) {
    return (user) => {
      const view = call(user);
      return isCalledHere(view) ? around(name, view) : view;
    };
  }
  if (key !== String(BY_MESSAGE)) return call;
  return () => {
    const offer = call() as RemoteOffer;
    const instance = decorateMembers(
      offer.instance,
      // To give a request up is no request.
      (method, inner) => SYMBOL.test(method) || method === "cancel" ? inner : spanned(name, method, inner),
    );
    return { ...offer, instance };
  };
}

function spanned(resource: string, method: string, call: Method): Method {
  return (...args) => {
    const on = tracing();
    if (on === undefined) return call(...args);
    const running = runningCall();
    const [kind, plugin] = running?.plugin.split("/") ?? [];
    const span = new CallSpan(on, {
      name: "plugin.resource",
      kind: INTERNAL,
      attributes: { ...(kind === undefined ? {} : { kind, plugin: plugin! }), resource, method },
      metadata: running?.metadata,
      local: true,
    });
    return span.around(() => call(...args));
  };
}
