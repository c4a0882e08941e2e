/** Random sets of plugins, and what must become of them, worked out slowly and plainly. */
import fc from "fast-check";

/** One plugin of a set. */
export interface PluginSpec {
  kind: string;
  name: string;
  priority: number;
  band: "tryfirst" | "trylast" | undefined;
  runtime: "in_process" | "mcp_stdio first";
  /** As the manifest writes them: a name, or a kind and a name. */
  dependsOn: (string | { kind: string; name: string })[];
  fallback: boolean;
  languages: string[];
  /** Whether its `setup` throws. */
  broken: boolean;
}

/** The kind whose declared hooks are all singletons. */
export const SINGLE = "single";
/** The kind that declares a hook of each class. */
export const MIXED = "mixed";

const NAMES = ["a", "b", "c", "d"];
const KINDS = [SINGLE, MIXED, MIXED, "free"];

const dependency = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom(...KINDS), name: fc.constantFrom(...NAMES, "missing") }) },
);

const spec: fc.Arbitrary<PluginSpec> = fc.record({
  kind: fc.constantFrom(...KINDS),
  name: fc.constantFrom(...NAMES),
  priority: fc.nat({ max: 3 }),
  band: fc.constantFrom(undefined, undefined, "tryfirst" as const, "trylast" as const),
  runtime: fc.constantFrom("in_process" as const, "in_process" as const, "mcp_stdio first" as const),
  dependsOn: fc.oneof(
    { weight: 3, arbitrary: fc.constant<PluginSpec["dependsOn"]>([]) },
    { weight: 2, arbitrary: fc.array(dependency, { minLength: 1, maxLength: 2 }) },
  ),
  fallback: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  languages: fc.subarray(["x", "y"]),
  broken: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** Up to seven plugins of different kinds and names; no table names itself, for that is no manifest. */
export const pluginSets: fc.Arbitrary<PluginSpec[]> = fc.uniqueArray(spec, {
  minLength: 1,
  maxLength: 7,
  selector: idOf,
}).map((specs) =>
  specs.map((one) => ({
    ...one,
    dependsOn: one.dependsOn.filter((d) => typeof d === "string" || idOf(d) !== idOf(one)),
  }))
);

/** As `kind/name`. */
export function idOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind}/${name}`;
}

/** The raw value of a plugin's manifest. */
export function manifestOf(one: PluginSpec): Record<string, unknown> {
  return {
    kind: one.kind,
    name: one.name,
    core_version: ">=0.1.0,<1.0.0",
    priority: one.priority,
    depends_on: one.dependsOn,
    fallback: one.fallback,
    supports_languages: one.languages,
    ...(one.band === undefined ? {} : { [one.band]: true }),
    ...(one.runtime === "in_process"
      ? { runtime: "in_process" }
      : { runtime: ["mcp_stdio", "in_process"], mcp_stdio: { command: ["none"] } }),
  };
}

/** The ids that a plugin depends on; `undefined` for what is not there. */
export function dependenciesOf(one: PluginSpec, all: readonly PluginSpec[]): (string | undefined)[] {
  return one.dependsOn.map((written) => {
    if (typeof written !== "string") return all.map(idOf).find((id) => id === idOf(written));
    const named = all.filter(({ name }) => name === written);
    if (named.length === 1) return idOf(named[0]!);
    const others = named.filter((other) => other !== one);
    if (others.length === 1) return idOf(others[0]!);
    return others.filter(({ kind }) => kind === one.kind).map(idOf)[0];
  });
}

/** Whether some plugins depend on each other in a circle: whether anything can be reached from itself. */
export function hasCircle(all: readonly PluginSpec[]): boolean {
  const next = (id: string) =>
    dependenciesOf(all.find((one) => idOf(one) === id)!, all).filter((to) => to !== undefined);
  return all.some((one) => {
    const reached = new Set<string>();
    const front = next(idOf(one));
    for (let id = front.pop(); id !== undefined; id = front.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      front.push(...next(id));
    }
    return reached.has(idOf(one));
  });
}

/** Whether the start must be refused for a choice that nobody can make. */
export function isAmbiguous(all: readonly PluginSpec[]): boolean {
  return [...new Set(all.map(({ kind }) => kind))].some((kind) => {
    const ofKind = all.filter((one) => one.kind === kind);
    if (ofKind.filter(({ fallback }) => fallback).length > 1) return true;
    return kind === SINGLE && highest(ofKind).length > 1;
  });
}

/** The plugins of the highest priority. */
export function highest(some: readonly PluginSpec[]): PluginSpec[] {
  return some.filter(({ priority }) => some.every((other) => other.priority <= priority));
}

/** How many plugins must have started before this one can: the length of the longest way down. */
export function depthOf(one: PluginSpec, all: readonly PluginSpec[]): number {
  const below = dependenciesOf(one, all).filter((id) => id !== undefined)
    .map((id) => depthOf(all.find((other) => idOf(other) === id)!, all) + 1);
  return Math.max(0, ...below);
}

/** Whether a plugin can start: it is not broken, and all that it depends on can. */
export function canStart(one: PluginSpec, all: readonly PluginSpec[]): boolean {
  if (one.broken) return false;
  return dependenciesOf(one, all).every((id) => {
    const other = all.find((candidate) => idOf(candidate) === id);
    return other !== undefined && canStart(other, all);
  });
}

/** Sorts by keys, the first that differs deciding. */
export function sortedBy<T>(list: readonly T[], ...keys: ((one: T) => number | string)[]): T[] {
  return list.toSorted((a, b) => {
    for (const key of keys) {
      if (key(a) < key(b)) return -1;
      if (key(a) > key(b)) return 1;
    }
    return 0;
  });
}

const BANDS = ["tryfirst", undefined, "trylast"];

/** A plugin's place among those that run first and last. */
export function bandOf({ band }: PluginSpec): number {
  return BANDS.indexOf(band);
}

/** The order in which the plugins of one level begin. */
export function levelOrder(level: readonly PluginSpec[]): PluginSpec[] {
  return sortedBy(level, ({ runtime }) => runtime === "in_process" ? 0 : 1, bandOf, (one) => -one.priority, idOf);
}
