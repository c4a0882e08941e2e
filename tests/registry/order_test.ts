/** Order is a function of the set of plugins, never of the order in which they came. */
import { assert, assertEquals } from "@std/assert";
import { PluginRegistry } from "@dagstack/plugin-system";
import fc from "fast-check";
import { MemoryLogger } from "../support.ts";
import {
  bandOf,
  canStart,
  dependenciesOf,
  depthOf,
  hasCircle,
  highest,
  idOf,
  isAmbiguous,
  levelOrder,
  manifestOf,
  MIXED,
  pluginSets,
  type PluginSpec,
  SINGLE,
  sortedBy,
} from "./plugin_sets.ts";

const HOOKS = {
  [SINGLE]: { one: "singleton" },
  [MIXED]: { one: "singleton", all: "broadcast_collect", tell: "broadcast_notify", pipe: "chain", pick: "capability" },
} as const;

/** What was seen of one arrival of a set. */
interface Seen {
  refused: { code: string; message: string } | undefined;
  list: string[];
  loaded: string[];
  /** Begins of starts, and beginnings and ends of `setup` and `teardown`, as `what kind/name`. */
  events: string[];
  status: unknown;
  dispatched: Record<string, unknown>;
}

/** Registers a set in one order, starts it, asks it everything, and stops it. */
async function arrive(specs: readonly PluginSpec[]): Promise<Seen> {
  const registry = new PluginRegistry({ logger: new MemoryLogger(), hooks: HOOKS });
  const events: string[] = [];
  for (const one of specs) await registry.registerModule(scripted(one, events), manifestOf(one));
  using _listening = registry.onStateChange(({ plugin, to }) => {
    if (to === "starting") events.push(`begin ${plugin}`);
  });
  const refused = await registry.setupAll().then(() => undefined, seenError);
  const dispatched: Record<string, unknown> = {};
  for (const [kind, hook, input] of questions()) {
    const told: string[] = [];
    const given = registry.dispatch(kind, hook, { told, ...input }).then((value) => ({ value }), seenError);
    dispatched[`${kind} ${hook} ${JSON.stringify(input)}`] = { ...await given, told: told.sort() };
  }
  const seen: Seen = {
    refused,
    list: registry.list().map(idOf),
    loaded: registry.getLoadedPlugins().map(({ manifest }) => idOf(manifest)),
    events,
    status: registry.status().plugins.map((plugin) => ({ ...plugin, timings: undefined })),
    dispatched,
  };
  await registry.teardownAll();
  return seen;
}

function questions(): [kind: string, hook: string, input: Record<string, unknown>][] {
  return [
    ...[SINGLE, MIXED, "free", "absent"].map((kind) => [kind, "one", {}] as [string, string, Record<string, unknown>]),
    [MIXED, "all", {}],
    [MIXED, "tell", {}],
    [MIXED, "pipe", { way: [] }],
    ...["x", "y", "z"].map((language) => [MIXED, "pick", { language }] as [string, string, Record<string, unknown>]),
  ];
}

function scripted(one: PluginSpec, events: string[]): () => object {
  const id = idOf(one);
  const around = async (what: string) => {
    events.push(`${what} ${id}`);
    await Promise.resolve();
    events.push(`${what} ended ${id}`);
  };
  return () => ({
    async setup() {
      await around("setup");
      if (one.broken) throw new Error(`${id} is broken`);
    },
    teardown: () => around("teardown"),
    one: () => id,
    all: () => id,
    tell: ({ told }: { told: string[] }) => void told.push(id),
    pipe: (input: { way: string[] }) => ({ ...input, way: [...input.way, id] }),
    pick: () => id,
  });
}

function seenError(error: Error): { code: string; message: string } {
  return { code: String(Reflect.get(error, "code") ?? error.name), message: error.message };
}

/** The set in every test, in its own order and in others. */
const arrivals = pluginSets.chain((set) =>
  fc.record({ set: fc.constant(set), other: fc.shuffledSubarray(set, { minLength: set.length }) })
);
const parameters = { seed: 20, numRuns: 150 };

Deno.test("a set gives the same order, state, reasons and answers however it arrives", async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ set, other }) => assertEquals(await arrive(other), await arrive(set))),
    parameters,
  );
});

Deno.test("a set is refused exactly for a circle or a choice that nobody can make, and nothing runs then", async () => {
  const met = { DependencyCycle: 0, AmbiguousPlugin: 0, started: 0 };
  await fc.assert(
    fc.asyncProperty(pluginSets, async (set) => {
      const { refused, events, loaded } = await arrive(set);
      const expected = isAmbiguous(set) ? "AmbiguousPlugin" : hasCircle(set) ? "DependencyCycle" : undefined;
      assertEquals(refused?.code, expected);
      if (expected !== undefined) assertEquals([events, loaded], [[], []]);
      met[expected ?? "started"]++;
    }),
    parameters,
  );
  assert(Object.values(met).every((count) => count >= 10), `too few of a sort: ${JSON.stringify(met)}`);
});

Deno.test("levels begin in their order, wait for those below, and end in reverse", async () => {
  await fc.assert(
    fc.asyncProperty(startable, async (set) => {
      const { events } = await arrive(set);
      // One whose dependency does not run only says so: it begins nothing.
      const ran = set.filter((one) => dependenciesOf(one, set).every(isUp(set)));
      const levels = Map.groupBy(sortedBy(ran, (one) => depthOf(one, set)), (one) => depthOf(one, set));
      const order = [...levels.values()].flatMap((level) => levelOrder(level).map(idOf));
      const begun = named(events, "begin");
      assertEquals(begun.toSorted(), set.map(idOf).sort());
      assertEquals([begun.filter((id) => order.includes(id)), named(events, "setup")], [order, order]);
      assertEquals(named(events, "teardown").sort(), set.filter((one) => canStart(one, set)).map(idOf).sort());
      for (const one of set) {
        for (const below of dependenciesOf(one, set)) {
          inOrder(events, `setup ended ${below}`, `setup ${idOf(one)}`);
          inOrder(events, `teardown ended ${idOf(one)}`, `teardown ${below}`);
        }
      }
    }),
    parameters,
  );
});

Deno.test("who runs, and who answers each class of dispatch, is what a slow reference says", async () => {
  await fc.assert(
    fc.asyncProperty(startable, async (set) => {
      const { list, loaded, dispatched } = await arrive(set);
      const up = set.filter((one) => canStart(one, set));
      assertEquals(list, set.map(idOf).sort());
      assertEquals(loaded, sortedBy(up, (one) => -one.priority, idOf).map(idOf));
      for (const [kind, hook, input] of questions()) {
        const ofKind = up.filter((one) => one.kind === kind);
        const key = `${kind} ${hook} ${JSON.stringify(input)}`;
        const { value, code, told } = dispatched[key] as { value?: unknown; code?: string; told: string[] };
        const expected = expectedAnswer(set.filter((one) => one.kind === kind), ofKind, hook, input.language);
        const given = hook === "tell" ? told : hook === "pipe" ? (value as { way: string[] } | undefined)?.way : value;
        assertEquals(code ?? given, expected, key);
      }
    }),
    parameters,
  );
});

/** Sets that may be started. */
const startable = pluginSets.filter((set) => !hasCircle(set) && !isAmbiguous(set));

const isUp = (set: readonly PluginSpec[]) => (id: string | undefined) =>
  set.some((one) => idOf(one) === id && canStart(one, set));

/** An answer, or the code of an error. */
function expectedAnswer(
  registered: readonly PluginSpec[],
  up: readonly PluginSpec[],
  hook: string,
  language: unknown,
): unknown {
  if (registered.length === 0) return "KindUnknown";
  if (up.length === 0) return "PluginUnavailable";
  const ranked = sortedBy(up, ({ priority }) => -priority, ({ name }) => name);
  if (hook === "one") return highest(up).length > 1 ? "AmbiguousPlugin" : idOf(ranked[0]!);
  if (hook === "all") return ranked.map(idOf);
  if (hook === "tell") return up.map(idOf).sort();
  if (hook === "pipe") return sortedBy(up, bandOf, ({ priority }) => -priority, ({ name }) => name).map(idOf);
  const chosen = ranked.find(({ languages }) => languages.includes(language as string)) ??
    ranked.find(({ fallback }) => fallback) ?? ranked.find(({ languages }) => languages.length === 0);
  return chosen === undefined ? "NoCapabilityMatch" : idOf(chosen);
}

function named(events: readonly string[], what: string): string[] {
  return events.filter((event) => event.startsWith(`${what} `) && !event.startsWith(`${what} ended `))
    .map((event) => event.slice(what.length + 1));
}

/** Where both took place. */
function inOrder(events: readonly string[], first: string, second: string): void {
  const [a, b] = [events.indexOf(first), events.indexOf(second)];
  assert(a < 0 || b < 0 || a < b, `${second} came before ${first}: ${events.join(", ")}`);
}
