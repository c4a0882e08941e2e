import { DependencyCycle } from "../errors.ts";
import type { Manifest } from "./manifest_type.generated.ts";

/** A plugin's dependency, found among others or not. */
export interface Dependency {
  /** As the manifest writes it: a name, or `kind/name`. */
  written: string;
  /** As `kind/name`; `undefined` when no plugin fits, or more than one does. */
  id: string | undefined;
}

/**
 * Finds a plugin's dependencies among others. A bare name means the plugin of that name; where several kinds have one,
 * the one of the plugin's own kind.
 *
 * @param manifest Whose dependencies.
 * @param others All plugins.
 */
export function resolveDependencies(manifest: Manifest, others: readonly Manifest[]): Dependency[] {
  return manifest.depends_on.map((dependency) => {
    if (typeof dependency !== "string") {
      const written = idOf(dependency);
      return { written, id: others.some((other) => idOf(other) === written) ? written : undefined };
    }
    const all = others.filter(({ name }) => name === dependency);
    // Of several, never itself; it alone is a circle, and told as one.
    const named = all.length > 1 ? all.filter((other) => idOf(other) !== idOf(manifest)) : all;
    const own = named.length === 1 ? named[0] : named.find(({ kind }) => kind === manifest.kind);
    return { written: dependency, id: own === undefined ? undefined : idOf(own) };
  });
}

/**
 * Orders plugins so that each comes after those it depends on; within a level by runtime, `tryfirst` and `trylast`, priority
 * descending, kind and name. A function of the set: the order given does not matter. Dependencies that are not there
 * are passed over.
 *
 * @param manifests The plugins.
 * @returns Their levels, first to last.
 * @throws {DependencyCycle} If some depend on each other in a circle.
 */
export function dependencyLevels(manifests: readonly Manifest[]): Manifest[][] {
  const waiting = new Map<string, { manifest: Manifest; needs: string[] }>();
  for (const manifest of manifests) {
    const needs = resolveDependencies(manifest, manifests).map(({ id }) => id).filter((id) => id !== undefined);
    waiting.set(idOf(manifest), { manifest, needs });
  }
  const levels: Manifest[][] = [];
  while (waiting.size > 0) {
    const level = [...waiting.values()].filter(({ needs }) => !needs.some((id) => waiting.has(id)));
    if (level.length === 0) throw new DependencyCycle(findCycle(waiting));
    for (const { manifest } of level) waiting.delete(idOf(manifest));
    levels.push(level.map(({ manifest }) => manifest).sort(compareManifests));
  }
  return levels;
}

/**
 * Orders plugins so that each comes after those it depends on; see {@linkcode dependencyLevels}.
 *
 * @param manifests The plugins.
 * @returns All of them, in order.
 * @throws {DependencyCycle} If some depend on each other in a circle.
 */
export function topoSort(manifests: readonly Manifest[]): Manifest[] {
  return dependencyLevels(manifests).flat();
}

function findCycle(waiting: ReadonlyMap<string, { needs: string[] }>): string[] {
  const path: string[] = [];
  let id = [...waiting.keys()].sort()[0]!;
  while (!path.includes(id)) {
    path.push(id);
    id = waiting.get(id)!.needs.filter((need) => waiting.has(need)).sort()[0]!;
  }
  return [...path.slice(path.indexOf(id)), id];
}

const RUNTIME_ORDER = ["in_process", "mcp_stdio", "mcp_http"];
const runtimeOf = ({ runtime }: Manifest) => RUNTIME_ORDER.indexOf(typeof runtime === "string" ? runtime : runtime[0]!);
const place = ({ tryfirst, trylast }: Manifest) => tryfirst ? 0 : trylast ? 2 : 1;

function compareManifests(a: Manifest, b: Manifest): number {
  return runtimeOf(a) - runtimeOf(b) || place(a) - place(b) || b.priority - a.priority || (idOf(a) < idOf(b) ? -1 : 1);
}

function idOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind}/${name}`;
}
