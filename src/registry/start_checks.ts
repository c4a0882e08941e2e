import { activeVariable } from "../dispatch/mod.ts";
import { AmbiguousPlugin } from "../errors.ts";
import type { Hookspecs } from "./hookspecs.ts";
import type { PluginRecord } from "./record.ts";

/**
 * What stops a start before any plugin code runs (SPEC section 6): two fallbacks of one kind, and a tie between plugins
 * of a kind all of whose declared hooks are singletons.
 *
 * @param records All plugins.
 * @param hooks What the host declares of hooks.
 * @param isRouted Whether something other than priority chooses the active plugin of a kind.
 * @throws {AmbiguousPlugin} At the first.
 */
export function refuseAmbiguity(
  records: readonly PluginRecord[],
  hooks: Pick<Hookspecs, "hasOnlySingletons">,
  isRouted: (kind: string) => boolean,
): void {
  for (const [kind, ofKind] of Map.groupBy(records, ({ manifest }) => manifest.kind)) {
    const fallbacks = ofKind.filter(({ manifest }) => manifest.fallback).map(({ id }) => id).sort();
    if (fallbacks.length > 1) {
      throw new AmbiguousPlugin(
        `Cannot start plugins: ${fallbacks.join(", ")} are all the fallback of kind "${kind}"; only one may be`,
        fallbacks,
      );
    }
    if (!hooks.hasOnlySingletons(kind) || isRouted(kind)) continue;
    const highest = Math.max(...ofKind.map(({ manifest }) => manifest.priority));
    const tied = ofKind.filter(({ manifest }) => manifest.priority === highest).map(({ id }) => id).sort();
    if (tied.length > 1) {
      throw new AmbiguousPlugin(
        `Cannot start plugins: ${
          tied.join(", ")
        } share priority ${highest}, and a call of kind "${kind}" goes to one; ` +
          `give one a higher priority, set ${activeVariable(kind)}, or set a routing policy`,
        tied,
      );
    }
  }
}
