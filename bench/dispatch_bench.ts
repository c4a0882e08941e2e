/**
 * Dispatch among trusted plugins of this isolate, against bare loops over the same classes, and against the peers that
 * a host would use instead. All loops are the same one, so that nothing is inlined into the one and not the other.
 */
import { type PluginRegistry, SingletonDispatcher } from "@dagstack/plugin-system";
import { createHooks } from "hookable";
import { AsyncParallelHook, AsyncSeriesWaterfallHook } from "tapable";
import { checkBoundaryValue } from "../src/json.ts";
import { compare, type Comparison } from "./compare.ts";
import { type Counting, countingPlugins, manifestOf, QUERY, type Query, startTrusted } from "./trusted_plugins.ts";

const ROUNDS = 25;
const MANY = 10;
/** What a singleton may add to a bare call, in nanoseconds. */
const ALLOWED_NS = 350;
/** Calls of one sample: they take 20 ms and more. */
const SINGLE = 100_000, MULTIPLE = 12_000;

type Call = (round: number) => Promise<unknown>;

export async function dispatchBench(): Promise<Comparison[]> {
  return [
    ...await singletonRows(),
    ...await chainRows(),
    ...await broadcastRows(),
    await capabilityRow(),
    await middlewareRow(),
  ];
}

async function singletonRows(): Promise<Comparison[]> {
  await using registry = await startTrusted(1);
  const [plugin] = countingPlugins(1);
  const handle = registry.getPlugin<Counting>("bench");
  const dispatcher = new SingletonDispatcher<Query, number>("bench");
  const hooks = createHooks();
  hooks.hook("answer", (query: Query) => plugin!.answer(query));
  const bare = nsPerCall(SINGLE, () => plugin!.answer(QUERY));
  const dispatch = nsPerCall(SINGLE, () => registry.dispatch("bench", "answer", QUERY));
  const byDispatcher = nsPerCall(SINGLE, () => dispatcher.dispatch(registry.getLoadedPlugins(), "answer", QUERY));
  const added = { rounds: ROUNDS, limit: 1, allowance: ALLOWED_NS };
  const against = `what it adds to a bare await, against ${ALLOWED_NS} ns`;
  return [
    await compare(`singleton, registry.dispatch: ${against}`, "ns", bare, dispatch, added),
    await compare(`singleton, SingletonDispatcher: ${against}`, "ns", bare, byDispatcher, added),
    await compare(
      `a call through a plugin's handle: ${against}`,
      "ns",
      bare,
      nsPerCall(SINGLE, () => handle.answer(QUERY)),
      added,
    ),
    await compare(
      "singleton, against hookable.callHook",
      "ns",
      nsPerCall(SINGLE / 5, () => Promise.resolve(hooks.callHook("answer", QUERY))),
      dispatch,
      { rounds: ROUNDS, limit: 0.333 },
    ),
  ];
}

async function chainRows(): Promise<Comparison[]> {
  const hooks = { bench: { rewrite: "chain" } } as const;
  await using strict = await startTrusted(MANY, { hooks, strict: true });
  await using plain = await startTrusted(MANY, { hooks });
  const plugins = countingPlugins(MANY);
  const waterfall = new AsyncSeriesWaterfallHook<[Query]>(["query"]);
  for (const [i, plugin] of plugins.entries()) waterfall.tapPromise(`${i}`, (query) => plugin.rewrite(query));
  const bare = async () => {
    let query = QUERY;
    for (const plugin of plugins) {
      checkBoundaryValue(query, 'argument 1 of hook "rewrite"');
      query = await plugin.rewrite(query);
      checkBoundaryValue(query, 'result of hook "rewrite"');
    }
    return query;
  };
  const chain = (registry: PluginRegistry) => nsPerCall(MULTIPLE, () => registry.dispatch("bench", "rewrite", QUERY));
  const name = `chain over ${MANY} plugins`;
  return [
    await compare(
      `${name}, checked, against a bare loop with the same checks`,
      "ns",
      nsPerCall(MULTIPLE, bare),
      chain(strict),
      {
        rounds: ROUNDS,
        limit: 1.3,
      },
    ),
    await compare(
      `${name}, unchecked, against tapable`,
      "ns",
      nsPerCall(MULTIPLE, () => waterfall.promise(QUERY)),
      chain(plain),
      { rounds: ROUNDS, limit: 1 },
    ),
  ];
}

async function broadcastRows(): Promise<Comparison[]> {
  const hooks = { bench: { told: "broadcast_notify", answer: "broadcast_collect" } } as const;
  await using registry = await startTrusted(MANY, { hooks });
  const plugins = countingPlugins(MANY);
  const parallel = new AsyncParallelHook<[Query]>(["query"]);
  for (const [i, plugin] of plugins.entries()) parallel.tapPromise(`${i}`, (query) => plugin.told(query));
  return [
    await compare(
      `broadcast_notify to ${MANY}, against tapable`,
      "ns",
      nsPerCall(MULTIPLE, () => parallel.promise(QUERY)),
      nsPerCall(MULTIPLE, () => registry.dispatch("bench", "told", QUERY)),
      { rounds: ROUNDS, limit: 1 },
    ),
    await compare(
      `broadcast_collect to ${MANY}, against a bare Promise.all`,
      "ns",
      nsPerCall(MULTIPLE, () => Promise.all(plugins.map((plugin) => plugin.answer(QUERY)))),
      nsPerCall(MULTIPLE, () => registry.dispatch("bench", "answer", QUERY)),
      { rounds: ROUNDS, limit: 2 },
    ),
  ];
}

async function capabilityRow(): Promise<Comparison> {
  const hooks = { bench: { answer: "capability" } } as const;
  const language = (place: number) => `lang-${place}`;
  const start = (count: number) => startTrusted(count, { hooks }, (i) => ({ supports_languages: [language(i)] }));
  await using few = await start(10);
  await using many = await start(1000);
  const cycling = (registry: PluginRegistry, count: number) => {
    const queries = Array.from({ length: count }, (_, i) => ({ ...QUERY, language: language(i) }));
    return nsPerCall(SINGLE, (i) => registry.dispatch("bench", "answer", queries[i % count]));
  };
  return await compare("capability among 1,000 plugins, against 10", "ns", cycling(few, 10), cycling(many, 1000), {
    rounds: ROUNDS,
    limit: 1.5,
  });
}

/** What the calls that no middleware wraps pay for it: there is some in the one registry, and never was in the other. */
async function middlewareRow(): Promise<Comparison> {
  await using without = await startTrusted(1);
  await using beside = await startTrusted(1);
  await beside.registerModule(
    class {
      wrap(_call: unknown, next: () => unknown) {
        return next();
      }
    },
    { ...manifestOf("audit", "audit"), priority: 1000, chain_wrap: { kinds: ["other"], hooks: ["*"] } },
  );
  await beside.setupAll();
  const dispatch = (registry: PluginRegistry) => nsPerCall(SINGLE, () => registry.dispatch("bench", "answer", QUERY));
  return await compare(
    "a call beside middleware of another kind, against none at all",
    "ns",
    dispatch(without),
    dispatch(beside),
    {
      rounds: ROUNDS,
      limit: 1.1,
    },
  );
}

/** Nanoseconds a call, one after the other. What they give is looked at, so that none can be left out. */
function nsPerCall(times: number, call: Call): () => Promise<number> {
  return async () => {
    let answered = 0;
    const start = performance.now();
    for (let i = 0; i < times; i++) if (await call(i) !== null) answered++;
    const ms = performance.now() - start;
    if (answered !== times) throw new Error(`${answered} of ${times} calls were answered`);
    return ms * 1e6 / times;
  };
}
