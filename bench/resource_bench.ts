/**
 * What a sandboxed plugin pays for its resources. One that stays with the host: against a message there and back between
 * the same two scopes, the other way round; and against a bare pipe, which does no more than carry it. One that lives in the scope: against the same calls on a bare object there.
 */
import { PluginContext, PluginRegistry, type ResourceDecorator } from "@dagstack/plugin-system";
import { compare, type Comparison } from "./compare.ts";
import { BareCalls } from "./peers/bare_pipe.ts";
import { silent } from "./sample_plugins.ts";

const ROUNDS = 30;
const CALLS = 200;
const CLOCK_CALLS = 20_000;

/** What measures from inside. */
interface Measured {
  /** Microseconds a call of the host's resource, one after the other. */
  echo(count: number): Promise<number>;
  /** Gives what it is given. */
  same(value: string): Promise<string>;
  /** Nanoseconds a call of the clock. */
  clock(count: number): Promise<number>;
  /** Nanoseconds a call of an object that does the same. */
  bareClock(count: number): Promise<number>;
}

const SOURCE = `
class BareClock {
  now() { return new Date(); }
  monotonicNs() { return BigInt(Math.round(performance.now() * 1e6)); }
}
const bare = new BareClock();
export class Measured {
  resources: any;
  setup(context: any) { this.resources = context.resources; }
  async echo(count: number) {
    const { host } = this.resources;
    const start = performance.now();
    for (let i = 0; i < count; i++) if (await host.echo("Hello, dagstack!") !== "Hello, dagstack!") throw new Error("that is no echo");
    return (performance.now() - start) * 1000 / count;
  }
  same(value: string) { return value; }
  clock(count: number) { return time(this.resources.clock, count); }
  bareClock(count: number) { return time(bare, count); }
}
function time(clock: any, count: number) {
  const start = performance.now();
  for (let i = 0; i < count; i++) clock.monotonicNs();
  return (performance.now() - start) * 1e6 / count;
}
`;

async function start(folder: string, decorators: ResourceDecorator[]): Promise<[PluginRegistry, Measured]> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/plugin.ts`, SOURCE);
  await Deno.writeTextFile(
    `${folder}/dagstack.toml`,
    `[plugin]
name = "measured"
kind = "bench"
runtime = "in_process"
core_version = ">=0.1.0,<1.0.0"
entry_point = "plugin:Measured"
[plugin.resources]
required = ["host", "clock"]
`,
  );
  const registry = new PluginRegistry({ logger: silent, sandbox: "process" });
  await registry.discover(folder);
  const host = { echo: (value: string) => value };
  await registry.setupAll(new PluginContext({ logger: silent, registry, resources: { host }, decorators }));
  return [registry, registry.getPlugin<Measured>("bench", "measured") as unknown as Measured];
}

export async function resourceBench(): Promise<Comparison[]> {
  const folder = await Deno.makeTempDir();
  await using owned = new AsyncDisposableStack();
  owned.defer(() => Deno.remove(folder, { recursive: true }));
  const [registry, plugin] = await start(`${folder}/plain`, []);
  owned.use(registry);
  const decorate = (resource: object) => ({ echo: (value: string) => Reflect.get(resource, "echo")(value) });
  const report = () => {};
  const [decoratedRegistry, decorated] = await start(`${folder}/decorated`, [
    { resource: "host", decorate },
    { resource: "clock", report },
  ]);
  owned.use(decoratedRegistry);
  const bare = owned.use(new BareCalls());
  const roundTrip = async () => {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) await bare.call("Hello, dagstack!");
    return (performance.now() - start) * 1000 / CALLS;
  };
  const message = async () => {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) await plugin.same("Hello, dagstack!");
    return (performance.now() - start) * 1000 / CALLS;
  };
  const upTo = (limit: number) => ({ rounds: ROUNDS, limit });
  const clock = () => plugin.clock(CLOCK_CALLS), bareClock = () => plugin.bareClock(CLOCK_CALLS);
  return [
    await compare("a call of a host's resource", "µs", message, () => plugin.echo(CALLS), upTo(1.2)),
    await compare("the same, against a bare pipe", "µs", roundTrip, () => plugin.echo(CALLS), upTo(1.3)),
    await compare(
      "the same, decorated, against undecorated",
      "µs",
      () => plugin.echo(CALLS),
      () => decorated.echo(CALLS),
      upTo(1.1),
    ),
    await compare("clock.monotonicNs() in the scope", "ns", bareClock, clock, upTo(1.5)),
    await compare("the same, reported, in addition", "ns", clock, () => decorated.clock(CLOCK_CALLS), {
      rounds: ROUNDS,
      limit: 1,
      allowance: 2000,
    }),
  ];
}
