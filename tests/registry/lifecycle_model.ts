/** A small reference of a registry's lifecycle, the scripted plugins it is held against, and the commands. */
import { assert, assertEquals } from "@std/assert";
import { PluginRegistry, type PluginStatus } from "@dagstack/plugin-system";
import type fc from "fast-check";
import { MemoryLogger } from "../support.ts";
import { eventually } from "./own_children.ts";

/** What is known of one plugin. */
export interface PluginModel {
  state: "registered" | "active" | "unavailable" | "stopped";
  /** The instance that answers. */
  instance: number;
  /** Whether its health made it `unavailable`: then it is still there. */
  sick: boolean;
  failsSetup: boolean;
  /** Hung calls that nobody waits for any more. They end with their instance. */
  hung: number;
  counts: { count: number; failed: number; timedOut: number; late: number };
}

/** What is known of a registry. */
export interface Model {
  plugins: PluginModel[];
}

/** One instance of a scripted plugin, and how far it is. */
interface Instance {
  plugin: number;
  number: number;
  phase: "made" | "up" | "failed" | "down";
  /** What `context.inFlight()` said in its teardown. */
  left: number;
  release: (() => void)[];
}

/** Milliseconds that a hook may take here. */
const HOOK_MS = 20;
/** Enough for anything here; never met. */
const LIMIT_MS = 10_000;

const MOVES: Record<string, string[]> = {
  registered: ["starting"],
  starting: ["active", "unavailable", "stopped"],
  active: ["degraded", "unavailable", "stopped"],
  degraded: ["active", "unavailable", "stopped"],
  unavailable: ["starting", "active", "degraded", "stopped"],
  stopped: ["starting"],
};

/** A real registry over scripted plugins. Each depends on the one before, where it is chained. */
export class World {
  readonly registry = new PluginRegistry({
    logger: new MemoryLogger(),
    hookTimeoutMs: HOOK_MS,
    drainTimeoutMs: 10,
    health: { intervalMs: 4, failures: 2 },
  });
  readonly instances: Instance[] = [];
  readonly failsSetup: boolean[];
  readonly healthy: boolean[];
  readonly chained: readonly boolean[];
  readonly #states = new Map<string, string>();
  readonly #wrong: string[] = [];

  private constructor(chained: readonly boolean[]) {
    this.chained = chained;
    this.failsSetup = chained.map(() => false);
    this.healthy = chained.map(() => true);
  }

  /** Registers the plugins. */
  static async make(chained: readonly boolean[]): Promise<World> {
    const world = new World(chained);
    for (const [plugin, isChained] of chained.entries()) {
      await world.registry.registerModule(() => world.#script(plugin), {
        kind: "thing",
        name: nameOf(plugin),
        runtime: "in_process",
        core_version: ">=0.1.0,<1.0.0",
        startup_timeout_sec: 5,
        depends_on: isChained && plugin > 0 ? [nameOf(plugin - 1)] : [],
      });
    }
    world.registry.onStateChange(({ plugin, from, to }) => {
      const known = world.#states.get(plugin) ?? "registered";
      if (known !== from || !MOVES[from]?.includes(to)) world.#wrong.push(`${plugin}: ${known}, ${from} to ${to}`);
      world.#states.set(plugin, to);
    });
    return world;
  }

  #script(plugin: number): object {
    const own: Instance = { plugin, number: this.instances.length, phase: "made", left: 0, release: [] };
    this.instances.push(own);
    let context: { inFlight(): readonly unknown[] };
    return {
      setup: async (given: typeof context) => {
        context = given;
        await pause(1);
        own.phase = this.failsSetup[plugin] ? "failed" : "up";
        if (this.failsSetup[plugin]) throw new Error("no setup");
      },
      teardown: async () => {
        own.phase = "down";
        own.left = (await context.inFlight()).length;
        for (const release of own.release.splice(0)) release();
      },
      health: () => this.healthy[plugin],
      answer: () => own.number,
      slow: async () => {
        await pause(3);
        return own.number;
      },
      fail: () => {
        throw new Error("no answer");
      },
      hang: () => new Promise<void>((resolve) => own.release.push(resolve)),
    };
  }

  status(plugin: number): PluginStatus {
    return this.registry.status().plugins.find(({ name }) => name === nameOf(plugin))!;
  }

  /** What must hold whenever nothing is under way. */
  check(): void {
    assertEquals(this.#wrong, [], "state changes that may not be");
    for (const plugin of this.chained.keys()) {
      const { state } = this.status(plugin);
      const up = this.instances.filter((one) => one.plugin === plugin && one.phase === "up");
      const most = state === "active" || state === "degraded" || state === "unavailable" ? 1 : 0;
      const least = state === "active" || state === "degraded" ? 1 : 0;
      assert(up.length >= least && up.length <= most, `${nameOf(plugin)} is ${state}, and ${up.length} instances live`);
    }
  }

  /** Stops all, and looks at what is left. */
  async end(): Promise<void> {
    await inTime(this.registry.teardownAll(), "the last teardown");
    this.check();
    for (const { state, timings } of this.registry.status().plugins) {
      assertEquals([["stopped", "unavailable", "registered"].includes(state), timings.calls.inFlight], [true, 0]);
    }
    assertEquals(this.instances.filter(({ phase }) => phase === "up"), [], "instances that nobody tore down");
  }
}

/** A plugin's name. */
export function nameOf(plugin: number): string {
  return `p${plugin}`;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something that must come. */
async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not ended within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How something went. */
async function outcome(work: Promise<unknown>, what: string): Promise<{ value?: unknown; error?: string }> {
  return await inTime(work.then((value) => ({ value }), (error: Error) => ({ error: error.name })), what);
}

type Command = fc.AsyncCommand<Model, World>;

function command(
  text: string,
  run: (model: Model, world: World) => Promise<void>,
  check = (_: Model) => true,
): Command {
  return {
    check,
    toString: () => text,
    async run(model, world) {
      await run(model, world);
      world.check();
      compare(model, world);
    },
  };
}

function compare(model: Model, world: World): void {
  for (const [plugin, { state, counts, hung }] of model.plugins.entries()) {
    const { state: real, timings: { calls } } = world.status(plugin);
    assertEquals(real, state, nameOf(plugin));
    const { count, failed, timedOut, late, inFlight } = calls;
    assertEquals(
      { count, failed, timedOut, late, inFlight },
      { ...counts, inFlight: hung },
      `calls of ${nameOf(plugin)}`,
    );
  }
}

const isUp = ({ state }: PluginModel) => state === "active";

/** Starts all that may start. */
export function setupAll(): Command {
  return command("setupAll", async (model, world) => {
    await inTime(world.registry.setupAll(), "setupAll");
    for (const [plugin, own] of model.plugins.entries()) {
      if (isUp(own) || own.sick) continue;
      own.state = canStart(model, world, plugin) ? "active" : "unavailable";
      if (isUp(own)) own.instance = newest(world, plugin);
    }
  });
}

function canStart(model: Model, world: World, plugin: number): boolean {
  if (world.chained[plugin] && plugin > 0 && !isUp(model.plugins[plugin - 1]!)) return false;
  return !model.plugins[plugin]!.failsSetup;
}

function newest(world: World, plugin: number): number {
  return world.instances.findLast((one) => one.plugin === plugin && one.phase === "up")!.number;
}

/** An instance has ended, and what hung in it with it. */
function ended(own: PluginModel, world: World): void {
  assertEquals(world.instances[own.instance]!.left, own.hung, "context.inFlight() in teardown");
  own.counts.late += own.hung;
  own.hung = 0;
}

/** Stops all. */
export function teardownAll(): Command {
  return command("teardownAll", async (model, world) => {
    world.healthy.fill(true); // the next instances are well
    await inTime(world.registry.teardownAll(), "teardownAll");
    for (const own of model.plugins) {
      if (!isUp(own) && !own.sick) continue;
      ended(own, world);
      Object.assign(own, { state: "stopped", sick: false });
    }
  });
}

/** Puts a fresh instance into a plugin's place. */
export function reload(plugin: number): Command {
  return command(`reload ${nameOf(plugin)}`, async (model, world) => {
    const own = model.plugins[plugin]!;
    const wasUp = isUp(own) || own.sick;
    const may = own.state === "active" || own.state === "unavailable";
    const works = may && canStart(model, world, plugin);
    const { error } = await outcome(world.registry.reload("thing", nameOf(plugin)), "reload");
    assertEquals(error === undefined, works, `reload: ${error}`);
    if (!works) return;
    if (wasUp) ended(own, world);
    Object.assign(own, { state: "active", sick: false, instance: newest(world, plugin) });
  }, (model) => plugin < model.plugins.length && !model.plugins[plugin]!.sick);
}

/** Lets the next starts of a plugin fail, or not. */
export function failSetup(plugin: number, fails: boolean): Command {
  return command(`${nameOf(plugin)} ${fails ? "cannot" : "can"} be set up`, (model, world) => {
    model.plugins[plugin]!.failsSetup = world.failsSetup[plugin] = fails;
    return Promise.resolve();
  }, (model) => plugin < model.plugins.length);
}

/** A plugin's health goes, or comes back. */
export function health(plugin: number, healthy: boolean): Command {
  return command(`${nameOf(plugin)} is ${healthy ? "well" : "sick"}`, async (model, world) => {
    world.healthy[plugin] = healthy;
    const own = model.plugins[plugin]!;
    const state = healthy ? "active" : "unavailable";
    await eventually(`health makes it ${state}`, () => world.status(plugin).state === state, LIMIT_MS);
    Object.assign(own, { state, sick: !healthy });
  }, (model) => healthy ? model.plugins[plugin]?.sick === true : model.plugins[plugin]?.state === "active");
}

/** How a call goes. */
export type Way = "answer" | "fail" | "hang" | "hang, aborted" | "hang, limited";

/** Calls a plugin. */
export function call(plugin: number, way: Way): Command {
  return command(`call ${nameOf(plugin)}: ${way}`, async (model, world) => {
    const own = model.plugins[plugin]!;
    const options = way === "hang, aborted"
      ? { signal: AbortSignal.any([AbortSignal.timeout(2)]) }
      : way === "hang, limited"
      ? { timeoutMs: 2 }
      : undefined;
    const hook = way.split(",")[0]!;
    const given = await outcome(world.registry.call("thing", nameOf(plugin), hook, [], options), "a call");
    if (!isUp(own)) return assertEquals(given, { error: "PluginUnavailable" });
    own.counts.count++;
    if (way === "answer") return assertEquals(given, { value: own.instance });
    if (way === "fail") {
      own.counts.failed++;
      return assertEquals(given, { error: "Error" });
    }
    own.hung++;
    if (way !== "hang, aborted") own.counts.timedOut++;
    assertEquals(given.error, way === "hang, aborted" ? "TimeoutError" : "HookTimeout");
  }, (model) => plugin < model.plugins.length);
}

/** What may be done side by side. */
export type Deed = "setupAll" | "teardownAll" | `reload ${number}` | `answer ${number}` | `slow ${number}`;

/** Does several things at once. What is settled afterwards is taken over; what must never be is checked. */
export function together(deeds: readonly Deed[]): Command {
  return command(
    `together ${deeds.join(", ")}`,
    async (model, world) => {
      const before = model.plugins.map((own) => isUp(own) ? own.instance : -1);
      const given = await Promise.all(deeds.map((deed) => outcome(begin(world, deed), deed)));
      for (const [place, deed] of deeds.entries()) {
        const { value, error } = given[place]!;
        const [what, number] = deed.split(" ");
        if (what === "setupAll" || what === "teardownAll") assertEquals(error, undefined, deed);
        if (what !== "answer" && what !== "slow") continue;
        if (error !== undefined) assertEquals(error, "PluginUnavailable", deed);
        const reloaded = deeds.findIndex((other) => other === `reload ${number}`);
        const isLater = reloaded >= 0 && reloaded < place && given[reloaded]!.error === undefined;
        if (isLater && error === undefined) {
          assert(
            value as number > before[Number(number)]!,
            "an older instance answered",
          );
        }
      }
      takeOver(model, world);
    },
    (model) =>
      deeds.every((deed) => !(Number(deed.split(" ")[1]) >= model.plugins.length)) &&
      model.plugins.every((one) => !one.sick && one.hung === 0),
  );
}

function begin(world: World, deed: Deed): Promise<unknown> {
  const [what, number] = deed.split(" ") as [string, string];
  const name = nameOf(Number(number));
  if (what === "setupAll") return world.registry.setupAll();
  if (what === "teardownAll") return world.registry.teardownAll();
  return what === "reload" ? world.registry.reload("thing", name) : world.registry.call("thing", name, what, []);
}

/** The states that a race may have come to. Who answers is still told by the instances. */
function takeOver(model: Model, world: World): void {
  for (const [plugin, own] of model.plugins.entries()) {
    const { state, timings: { calls: { count, failed, timedOut, late, inFlight } } } = world.status(plugin);
    assertEquals(inFlight, 0, "calls under way when all is settled");
    assert(count >= own.counts.count && failed >= own.counts.failed, "counts went back");
    own.state = state as PluginModel["state"];
    own.counts = { count, failed, timedOut, late };
    if (isUp(own)) own.instance = newest(world, plugin);
  }
}
