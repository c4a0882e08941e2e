import { PluginRegistryError } from "../errors.ts";
import type { ResourceDecorator } from "./decorator.ts";
import { isInScope } from "./in_scope.ts";

/** What lives in a plugin's scope unless the host registers an object of its own under the name. */
const STANDARD = new Set(["clock", "rng", "http_client", "env", "tmpdir"]);

/**
 * Checks decorators where the host registers them.
 *
 * @param decorators What the host gives.
 * @param registered A resource that the host registered, by name.
 * @throws {PluginRegistryError} If one can never do anything: it decorates what lives in the plugin's scope, or has no method.
 */
export function checkDecorators(
  decorators: readonly ResourceDecorator[],
  registered: (name: string) => unknown,
): void {
  for (const { resource, decorate, report } of decorators) {
    const cannot = (state: string) => new PluginRegistryError(`Cannot decorate resource "${resource}": ${state}`);
    for (const [name, method] of Object.entries({ decorate, report })) {
      if (method !== undefined && typeof method !== "function") throw cannot(`${name} is no function`);
    }
    if (typeof resource !== "string") {
      throw cannot('the decorator does not name it; give resource: "…", or "*" for all');
    }
    if (decorate === undefined && report === undefined) {
      throw cannot("the decorator has neither decorate(resource, owner) nor report(calls)");
    }
    const own = registered(resource);
    if (report === undefined && (own === undefined ? STANDARD.has(resource) : isInScope(own))) {
      throw cannot(
        "it lives in the plugin's scope, where its calls send no message; give the decorator a report(calls) method, or " +
          `register "${resource}" as an object of the host's own`,
      );
    }
  }
}
