/** Clocks and chance for tests, as plugins are given them: the same in every place a plugin's code can be in. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Clock, DeterministicRng, FrozenClock, OffsetClock, SystemClock } from "@dagstack/plugin-system";
import { TestHost } from "../support.ts";
import { plugin, type Way, WAYS } from "./ways.ts";

const BODY = `r: any; setup(c: any) { this.r = c.resources; }
  moment() { const { clock } = this.r; return [clock.now().getTime(), String(clock.monotonicNs())]; }
  later(ms: number) { this.r.clock.advance(ms); return this.moment(); }
  again() { this.r.clock.reset(); return this.moment(); }
  draw() {
    const { rng } = this.r;
    return [rng.nextInt(1, 6), rng.nextFloat(), rng.uuid4(), rng.choice(["a", "b", "c"]), rng.nextInt(0, 2 ** 40)];
  }`;

const NEEDS = '[plugin.resources]\nrequired = ["clock", "rng"]';

const NEW_YEAR = Date.UTC(2026, 0);
const DAY = 24 * 3_600_000;

function draws(rng: DeterministicRng): unknown[] {
  return [rng.nextInt(1, 6), rng.nextFloat(), rng.uuid4(), rng.choice(["a", "b", "c"]), rng.nextInt(0, 2 ** 40)];
}

for (const way of Object.keys(WAYS) as Way[]) {
  const start = (resources: Record<string, unknown>) =>
    TestHost.start(plugin(BODY, NEEDS, way), WAYS[way], { resources });

  Deno.test(`${way}: a frozen clock and a seeded generator are what the plugin gets`, async () => {
    await using host = await start({ clock: new FrozenClock(NEW_YEAR), rng: new DeterministicRng(7) });
    const { moment, draw } = host.plugin();
    assertEquals(await moment!(), [NEW_YEAR, "0"]);
    assertEquals(await draw!(), draws(new DeterministicRng(7)));
    assertEquals(await moment!(), [NEW_YEAR, "0"]);
  });

  Deno.test(`${way}: a clock that the host advanced and set arrives so, to the nanosecond`, async () => {
    const clock = new FrozenClock("1960-01-01T00:00:00Z");
    clock.advance(1500);
    clock.set(NEW_YEAR);
    clock.advance(0.25);
    await using host = await start({ clock });
    const { moment, later } = host.plugin();
    assertEquals(await moment!(), [NEW_YEAR, "1500250000"]);
    if (way.endsWith("pool")) return; // the next call may be another member's, whose clock stands as before
    assertEquals(await later!(0.75), [NEW_YEAR + 1, "1501000000"]);
    assertEquals(await moment!(), [NEW_YEAR + 1, "1501000000"]);
  });

  Deno.test(`${way}: an offset clock goes with the clock that it was made on`, async () => {
    const frozen = new FrozenClock(-5);
    frozen.advance(2.5);
    const clock = new OffsetClock(DAY, new OffsetClock(-1, frozen));
    await using host = await start({ clock });
    assertEquals(await host.plugin().moment!(), [clock.now().getTime(), "2500000"]);
    await using later = await start({ clock: new OffsetClock(365 * DAY) });
    const [shown] = await later.plugin().moment!() as [number];
    assert(Math.abs(shown - Date.now() - 365 * DAY) < 60_000, `${new Date(shown)}`);
  });
}

Deno.test("in a sandbox the clock and the generator are the plugin's own, and begin anew with it", async () => {
  for (const way of ["process", "worker", "group"] as const) {
    const clock = new FrozenClock(NEW_YEAR);
    const rng = new DeterministicRng(7);
    rng.uuid4();
    await using host = await TestHost.start(plugin(BODY, NEEDS, way), WAYS[way], { resources: { clock, rng } });
    clock.advance(1000);
    assertEquals(await host.plugin().later!(5), [NEW_YEAR + 5, "5000000"]);
    assertEquals(await host.plugin().again!(), [NEW_YEAR, "0"]);
    assertEquals(await host.plugin().draw!(), draws(new DeterministicRng(7)));
    assertEquals(clock.now().getTime(), NEW_YEAR + 1000);
    await host.registry.reload("thing", "sample");
    assertEquals(await host.plugin().moment!(), [NEW_YEAR + 1000, "1000000000"]);
    assertEquals(await host.plugin().draw!(), draws(new DeterministicRng(7)));
  }
});

Deno.test("without a sandbox they are the host's own, so that a test can let time pass", async () => {
  const clock = new FrozenClock(NEW_YEAR);
  await using host = await TestHost.start(plugin(BODY, NEEDS, "none"), WAYS.none, { resources: { clock } });
  clock.advance(1000);
  assertEquals(await host.plugin().moment!(), [NEW_YEAR + 1000, "1000000000"]);
});

Deno.test("an offset clock on one of the host's own is refused to sandboxes, as that is itself", async () => {
  const own: Clock = { now: () => new Date(5), monotonicNs: () => 5n };
  const resources = { clock: new OffsetClock(10, new OffsetClock(1, own)) };
  for (const way of ["process", "worker", "group"] as const) {
    await using host = await TestHost.start(plugin(BODY, NEEDS, way), WAYS[way], { resources });
    assertStringIncludes(host.reason()!.message, 'resource "clock" cannot be offered to a sandbox');
  }
  await using host = await TestHost.start(plugin(BODY, NEEDS, "none"), WAYS.none, { resources });
  assertEquals(await host.plugin().moment!(), [16, "5"]);
});

Deno.test("calls of a frozen clock are reported to decorators, like those of the system's", async () => {
  for (const clock of [new SystemClock(), new FrozenClock(), new OffsetClock(1, new FrozenClock())]) {
    const calls: string[] = [];
    const decorators = [{
      resource: "clock",
      report: (all: readonly { method: string }[]) => {
        calls.push(...all.map(({ method }) => method));
      },
    }];
    await using host = await TestHost.start(plugin(BODY, NEEDS, "process"), {}, { resources: { clock }, decorators });
    await host.plugin().moment!();
    await host.registry.teardownAll();
    assertEquals(calls, ["now", "monotonicNs"]);
  }
});
