/** Random histories of a registry against a small model of it; a history that goes wrong is shrunk. */
import fc from "fast-check";
import {
  call,
  type Deed,
  failSetup,
  health,
  type Model,
  reload,
  setupAll,
  teardownAll,
  together,
  type Way,
  World,
} from "./lifecycle_model.ts";

const plugin = fc.nat({ max: 2 });
const ways: Way[] = ["answer", "answer", "fail", "hang", "hang, aborted", "hang, limited"];
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.constantFrom<Deed>("setupAll", "teardownAll"),
  fc.tuple(fc.constantFrom("reload", "answer", "slow"), plugin).map(([what, on]) => `${what} ${on}` as Deed),
);

/** Histories of one plugin's life after the other's. */
const oneByOne = [
  fc.constant(setupAll()),
  fc.constant(setupAll()),
  fc.constant(teardownAll()),
  plugin.map(reload),
  fc.tuple(plugin, fc.boolean()).map((given) => failSetup(...given)),
  fc.tuple(plugin, fc.boolean()).map((given) => health(...given)),
  fc.tuple(plugin, fc.constantFrom(...ways)).map((given) => call(...given)),
];

const started = [fc.constant(setupAll()), ...oneByOne];
const overlapping = [...started, fc.array(deed, { minLength: 2, maxLength: 4 }).map(together)];

async function live(chained: readonly boolean[], history: Iterable<fc.AsyncCommand<Model, World>>): Promise<void> {
  const world = await World.make(chained);
  const plugins = chained.map(() => ({
    state: "registered" as const,
    instance: -1,
    sick: false,
    failsSetup: false,
    hung: 0,
    counts: { count: 0, failed: 0, timedOut: 0, late: 0 },
  }));
  try {
    await fc.asyncModelRun(() => ({ model: { plugins }, real: world }), history);
  } catch (error) {
    await world.registry.teardownAll().catch(() => {}); // what went wrong first is told
    throw error;
  }
  await world.end();
}

for (const [what, commands] of [["one thing after the other", started], ["things at once", overlapping]] as const) {
  Deno.test(`a registry lives as its model says: ${what}`, async () => {
    const histories = fc.commands([...commands], { maxCommands: 14 });
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), histories, live), {
      seed: 4,
      numRuns: 150,
      interruptAfterTimeLimit: 60_000,
      markInterruptAsFailure: false,
    });
  });
}
