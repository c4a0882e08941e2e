import type { Manifest } from "../manifest/mod.ts";

/** Anything that a manifest describes. */
interface Described {
  readonly manifest: Manifest;
}

/**
 * Orders plugins by priority, highest first, then by name. A function of the set.
 *
 * @param plugins In any order; left as they are.
 * @returns A new list.
 */
export function byPriority<P extends Described>(plugins: readonly P[]): P[] {
  return plugins.toSorted(comparePriority);
}

/**
 * Orders plugins as a chain calls them: those that go first (`tryfirst`), the others, those that go last (`trylast`);
 * among each by priority, highest first, then by name. A function of the set: the order given does not matter.
 *
 * @param plugins In any order; left as they are.
 * @returns A new list.
 *
 * @example
 * ```ts
 * import { orderForChain, parseManifest } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const plugin = (name: string, fields: string) => ({
 *   manifest: parseManifest(`[plugin]
 * name = "${name}"
 * kind = "filter"
 * runtime = "in_process"
 * core_version = ">=0.1.0,<1.0.0"
 * entry_point = "plugin:Filter"
 * ${fields}`),
 * });
 * const ordered = orderForChain([
 *   plugin("sign", "trylast = true"),
 *   plugin("trim", "priority = 10"),
 *   plugin("lower", "priority = 20"),
 *   plugin("decode", "tryfirst = true"),
 * ]);
 * assertEquals(ordered.map(({ manifest }) => manifest.name), ["decode", "lower", "trim", "sign"]);
 * ```
 */
export function orderForChain<P extends { readonly manifest: Manifest }>(plugins: readonly P[]): P[] {
  return plugins.toSorted((a, b) => band(a.manifest) - band(b.manifest) || comparePriority(a, b));
}

const band = ({ tryfirst, trylast }: Manifest) => tryfirst ? 0 : trylast ? 2 : 1;

function comparePriority({ manifest: a }: Described, { manifest: b }: Described): number {
  return b.priority - a.priority || compare(a.name, b.name) || compare(a.kind, b.kind);
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
