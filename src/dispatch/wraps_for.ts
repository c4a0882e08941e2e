import type { Manifest } from "../manifest/mod.ts";
import { camelForm } from "../hookspec/mod.ts";

/**
 * Whether a middleware wraps a hook: its `[plugin.chain_wrap]` names kind and hook, each by name or by `*`. A hook is the same
 * in snake_case and in camelCase.
 *
 * @param manifest The middleware's manifest.
 * @param kind The kind of the plugin that is called.
 * @param hook The hook that is called.
 */
export function wrapsHook({ chain_wrap: wrap }: Manifest, kind: string, hook: string): boolean {
  if (wrap === undefined) return false;
  const { kinds, hooks } = wrap;
  if (!kinds.includes("*") && !kinds.includes(kind)) return false;
  const wanted = camelForm(hook);
  return hooks.some((name) => name === "*" || camelForm(name) === wanted);
}

/**
 * The middleware that wraps a hook.
 *
 * @param middleware In the order in which it wraps.
 * @param kind The kind of the plugin that is called.
 * @param hook The hook that is called.
 * @returns In the same order.
 */
export function wrapsFor<P extends { readonly manifest: Manifest }>(
  middleware: readonly P[],
  kind: string,
  hook: string,
): P[] {
  return middleware.filter(({ manifest }) => wrapsHook(manifest, kind, hook));
}
